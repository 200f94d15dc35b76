/// One HTTP request to a server of ours: an object store, or a source of credentials.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute, already percent-encoded; sent as it is (no dot segments are removed).
    package var url: String
    /// Sent in this order. `Host` and `Content-Length` are added by the client.
    package var headers: [HTTPField]
    package var body: HTTPBody
    package var limits: HTTPLimits
    /// False keeps the request from a proxy, whatever the environment says: for addresses that mean this very machine.
    package var usesProxy = true

    package init(
        _ method: String, _ url: String, headers: [HTTPField] = [], body: HTTPBody = .none,
        limits: HTTPLimits = HTTPLimits()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
    }
}

package struct HTTPField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

package enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// Read piece by piece while it is sent, on the client's thread.
    case source(any HTTPBodySource)

    var length: Int64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .source(let source): source.length
        }
    }
}

/// Bytes that are sent without being in memory as a whole, such as a sealed segment.
package protocol HTTPBodySource: Sendable {
    var length: Int64 { get }
    /// Fills the buffer from `offset` on, as far as there are bytes; returns how many.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int
}

/// What one exchange may take. An absolute deadline catches what a stall limit does not, and the other way round.
package struct HTTPLimits: Sendable {
    /// Until the connection, TLS included, stands. Default 5 s.
    package var connect: Duration = .seconds(5)
    /// The whole exchange. Default 5 min.
    package var total: Duration = .seconds(300)
    /// Given up when fewer than ``stallBytesPerSecond`` went either way for this long. Default 15 s. libcurl takes the mean
    /// of its last five seconds or so, and after a burst that takes as much longer to fall.
    package var stall: Duration = .seconds(15)
    /// Default 1 KiB/s.
    package var stallBytesPerSecond = 1024
    /// Of the response's body; more is a failure. Default 1 MiB.
    package var responseMaxBytes = 1 << 20

    package init() {}
}
