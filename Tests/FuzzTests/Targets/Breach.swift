/// A property that did not hold.
struct Breach: Error, CustomStringConvertible {
    let description: String
}

/// Throws when it does not hold; `what` says what then is wrong.
func hold(_ condition: @autoclosure () throws -> Bool, _ what: @autoclosure () -> String) throws {
    guard try condition() else { throw Breach(description: what()) }
}
