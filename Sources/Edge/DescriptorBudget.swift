import Glibc

/// How the process's descriptors are shared out between its own files and those who connect.
///
/// NIO survives EMFILE on accept, but libdispatch does not: its worker monitor opens `/proc` every second and traps when it
/// can't, so a process that runs out of descriptors dies; and a journal needs one for its next segment. So connections, those
/// of the control plane included, keep clear of the limit.
package struct DescriptorBudget: Sendable, Equatable {
    /// Connections of producers, at least 1.
    package let connections: Int
    /// Connections to the control plane: as many as wanted, or a quarter of what there is; at least 1, if any are wanted.
    package let controlConnections: Int
    /// Connections of producers beyond the limit that may be turned away at one time: 4 to 64.
    package let margin: Int

    /// - Parameters:
    ///   - available: what the process may have; see ``available()``.
    ///   - own: what it needs for itself: journals, landing zones, event loops, logs and the runtime.
    ///   - wanted: connections of producers.
    ///   - control: connections to the control plane that are wanted; 0 without one.
    package init(available: Int, own: Int, wanted: Int, control: Int) {
        let spare = available - own
        controlConnections = min(control, max(1, spare / 4))
        margin = max(4, min(64, spare / 8))
        connections = max(1, min(wanted, spare - controlConnections - margin))
    }

    /// The soft limit on descriptors (`RLIMIT_NOFILE`) as it is now.
    package static func available() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}
