/// Where and how the control plane listens.
package struct ControlConfiguration: Sendable {
    /// Default `127.0.0.1`.
    package var host = "127.0.0.1"
    /// Default 8081; 0 lets the system choose.
    package var port = 8081
    /// Whether operators must show a key. Default true.
    package var requiresKey = true
    /// Open connections; more wait in the kernel's backlog. Default 256.
    package var connectionsMax = 256

    package init() {}
}
