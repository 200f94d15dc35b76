/// A reference that is set once, after what holds it was made: for parts that need each other.
final class LateBound<Value: AnyObject & Sendable>: Sendable {
    private let held = Monitor<Value?>(nil)

    func bind(_ value: Value) {
        held.withLock { held in
            precondition(held == nil, "bound twice")
            held = value
        }
    }

    var value: Value? { held.withLock { $0 } }
}
