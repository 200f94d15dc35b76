import Model
import SystemPackage

/// The names that all tests of the journal use.
enum Names {
    static let gateway = GatewayName("gw-1")!
    static let stream = StreamName("orders")!
    static let journal: FilePath = "/journal"
    static let streamDirectory: FilePath = "/journal/orders"
    static let damaged: FilePath = "/journal/damaged/orders"
    /// 2026-01-01T00:00:00Z.
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)
}
