import Glibc

/// Why a load could not be made. It ends the run.
package enum LoadError: Error, Equatable, CustomStringConvertible {
    /// The name has no address; the resolver's own words.
    case unknownHost(String, String)
    /// Nobody took the connection, or it broke and stayed broken for as long as ``LoadConfiguration/patience``.
    case connection(String, errno: Int32)
    /// The answer was no HTTP/1.1 response with a Content-Length.
    case notHTTP(String)
    /// The batch was refused for good, or for as long as ``LoadConfiguration/patience``.
    case refused(status: Int, detail: String)
    case unreadable(path: String, errno: Int32)
    case noEvents(path: String)
    /// No thread or no gzip stream could be made.
    case resources(String)

    package var description: String {
        switch self {
        case .unknownHost(let host, let reason): "\(host): \(reason)"
        case .connection(let address, let code): "\(address): \(LoadError.text(code))"
        case .notHTTP(let what): "not an HTTP/1.1 answer: \(what)"
        case .refused(let status, let detail): "refused with \(status): \(detail)"
        case .unreadable(let path, let code): "\(path): \(LoadError.text(code))"
        case .noEvents(let path): "\(path): no events"
        case .resources(let what): what
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
