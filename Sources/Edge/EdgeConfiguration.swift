import NIOCore

/// Where and how the data plane listens.
package struct EdgeConfiguration: Sendable {
    /// A host name or address. Default `127.0.0.1`.
    package var host = "127.0.0.1"
    /// Default 8080; 0 lets the system choose (see ``EdgeServer/port``).
    package var port = 8080
    /// Event loops. Default: one per core.
    package var loops = System.coreCount
    /// Connections the kernel holds before they are accepted. Default 1024.
    package var backlog = 1024
    package var limits = EdgeLimits()
    /// Connections beyond ``EdgeLimits/connections`` that may be turned away at one time; more wait in the kernel's backlog.
    /// Default 64, at least 4.
    package var margin = 64

    package init() {}
}
