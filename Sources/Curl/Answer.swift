import Dispatch
import Synchronization

/// A value that another thread gives once, for a caller who waits.
package final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let given = DispatchSemaphore(value: 0)

    package init() {}

    package func give(_ value: Value) {
        self.value.withLock { $0 = value }
        given.signal()
    }

    package func wait() -> Value {
        given.wait()
        guard let value = value.withLock({ $0 }) else { preconditionFailure("woken without an answer") }
        return value
    }
}
