import Synchronization

/// True so many times, then false.
final class Countdown: Sendable {
    private let rest: Mutex<Int>
    var left: Int { rest.withLock { $0 } }

    init(_ times: Int) { rest = Mutex(times) }

    func next() -> Bool {
        rest.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}
