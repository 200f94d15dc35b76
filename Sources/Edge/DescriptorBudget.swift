import Glibc

/// How many connections the process's descriptors allow.
///
/// NIO survives EMFILE on accept, but libdispatch does not: its worker monitor opens `/proc` and traps when it can't, so
/// a process that runs out of descriptors dies. Therefore the limit on connections keeps clear of it.
enum DescriptorBudget {
    /// Left for the journal, the landing zone, logs and the runtime.
    static let reserve = 256

    /// `wanted`, or what `available` descriptors leave after the reserve; at least 1.
    static func connections(wanted: Int, available: Int) -> Int {
        max(1, min(wanted, available - reserve - AcceptGate.margin))
    }

    /// The soft limit on descriptors (`RLIMIT_NOFILE`) as it is now.
    static func available() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}
