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
    /// Descriptors that connections leave to the rest of the process. Default 256.
    package var ownDescriptors = 256

    package init() {}
}
