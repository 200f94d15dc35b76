package import Curl

/// A request as it will go on the wire, before it is signed.
package struct SigningRequest: Sendable {
    package var method: String
    /// The path on the request line, beginning with `/`, percent-encoded as it will be sent.
    package var path: String
    /// What follows `?` on the request line, percent-encoded as it will be sent; empty for none.
    package var query: String
    /// Every header that will be sent and may be signed; `Host` must be among them, as it will be sent.
    package var headers: [HTTPField]
    package var payload: PayloadHash

    package init(
        method: String, path: String, query: String = "", headers: [HTTPField],
        payload: PayloadHash
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }
}
