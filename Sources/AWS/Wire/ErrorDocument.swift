/// What a service says about a request it refused: S3's `<Error>` and the `<ErrorResponse>` of STS alike.
package struct ErrorDocument: Hashable, Sendable, CustomStringConvertible {
    /// Such as `AccessDenied`, `ExpiredToken`, `SlowDown`.
    package var code: String
    package var message: String
    package var requestID: String?

    /// Nil when the body is none; S3 may send one with status 200.
    package init?(_ body: [UInt8]) {
        guard let root = XMLTree.parse(body), root.name == "Error" || root.name == "ErrorResponse",
            let error = root.find("Error"), let code = error["Code"]?.text, !code.isEmpty
        else { return nil }
        self.code = code
        message = error["Message"]?.text ?? ""
        requestID = root.find("RequestId")?.text
    }

    package var description: String {
        shown(code + (message.isEmpty ? "" : ": \(message)") + (requestID.map { " (request \($0))" } ?? ""))
    }
}
