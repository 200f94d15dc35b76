import Glibc
import SystemPackage

/// Makes a system call and turns its -1 into a ``FileError``. A call that a signal interrupted is made again.
///
/// Only for calls that are safe to repeat: never for fdatasync(2) and fsync(2), whose second answer can't be trusted.
@discardableResult
func systemCall(
    _ operation: String, _ path: FilePath, _ call: () -> Int
) throws(FileError) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = Glibc.errno
        if code != EINTR { throw FileError(operation, path, Errno(rawValue: code)) }
    }
}

/// As ``systemCall(_:_:_:)``, for transfers: EAGAIN is tried again too, after letting other threads run.
func transfer(_ operation: String, _ path: FilePath, _ call: () -> Int) throws(FileError) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        switch Glibc.errno {
        case EINTR: continue
        case EAGAIN: sched_yield()
        case let code: throw FileError(operation, path, Errno(rawValue: code))
        }
    }
}

/// A call that is made once, whatever comes back.
func callOnce(_ operation: String, _ path: FilePath, _ call: () -> Int32) throws(FileError) {
    if call() != 0 { throw FileError(operation, path, Errno(rawValue: Glibc.errno)) }
}
