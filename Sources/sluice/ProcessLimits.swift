import CLinux
import Glibc
import Logging

/// What the process asks of the kernel and of malloc before it starts.
enum ProcessLimits {
    /// Raises the soft limit on descriptors to the hard one, and keeps large buffers in the heap instead of mapping and
    /// unmapping each (page faults cost more than the copy of a body).
    static func raise(_ log: Logger) {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
                log.warning("could not raise the limit on descriptors", metadata: ["errno": "\(errno)"])
            }
        }
        sluice_tune_malloc()
    }
}
