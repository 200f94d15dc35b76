import Model
import SystemPackage

/// The names that all tests of the journal use. Short ones: in debug builds FilePath's care for each character of a path is
/// most of what a simulated run costs.
enum Names {
    static let gateway = GatewayName("gw-1")!
    static let stream = StreamName("orders")!
    static let journal: FilePath = "/j"
    static let streamDirectory: FilePath = "/j/orders"
    static let damaged: FilePath = "/j/damaged/orders"
    /// 2026-01-01T00:00:00Z.
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)
}
