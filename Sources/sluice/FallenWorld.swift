import Foundation
import World

/// Names the worlds that were under way when the process falls: among a million nobody would find that one again.
enum FallenWorld {
    /// To standard error, on the way to the end that the signal brings anyway.
    static func watch() {
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
            signal(number) { number in
                // More than POSIX promises a handler; but what fell is a world, hardly ever the allocator.
                var text = UnderWay.arguments.map { "fell while this ran: sluice simulate \($0)\n" }.joined()
                text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}
