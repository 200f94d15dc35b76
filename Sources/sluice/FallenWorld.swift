import Foundation
import Synchronization
import World

/// Names the worlds that were under way when the process falls: among a million nobody would find that one again.
enum FallenWorld {
    /// What else hears of such a signal, such as Swift's backtraces.
    fileprivate static let others = Mutex<[Int32: sigaction]>([:])

    /// To standard error, on the way to the end that the signal brings anyway.
    static func watch() {
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
            var other = sigaction()
            sigaction(number, nil, &other)
            others.withLock { $0[number] = other }
            // With its flags and mask, on which it rests.
            var mine = other
            mine.__sigaction_handler.sa_sigaction = tell
            mine.sa_flags |= SA_SIGINFO
            sigaction(number, &mine, nil)
        }
    }
}

/// More than POSIX promises a handler; but what fell is a world, hardly ever the allocator.
private func tell(_ number: Int32, _ info: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?) {
    var text = UnderWay.arguments.map { "fell while this ran: sluice simulate \($0)\n" }.joined()
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    // Called here, and not installed and left to hear it again: a backtrace returns to what made the signal, and where that was
    // a person nothing makes it a second time.
    if let other = FallenWorld.others.withLockIfAvailable({ $0[number] }) ?? nil, other.sa_flags & SA_SIGINFO != 0 {
        other.__sigaction_handler.sa_sigaction(number, info, context)
    }
    signal(number, SIG_DFL)
    raise(number)
}
