/// A reference that is set once, after what holds it was made: for parts that need each other. It keeps nothing alive: the
/// gateway holds its parts.
final class LateBound<Value: AnyObject & Sendable>: Sendable {
    private struct Held {
        weak var value: Value?
        var isBound = false
    }

    private let held = Monitor(Held())

    func bind(_ value: Value) {
        held.withLock { held in
            precondition(!held.isBound, "bound twice")
            held = Held(value: value, isBound: true)
        }
    }

    var value: Value? { held.withLock { $0.value } }
}
