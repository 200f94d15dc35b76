/// What happened in a world.
package struct Summary: Encodable, Sendable {
    package var batches = 0
    package var repeats = 0
    package var objects = 0
    package var steps = 0
    package var deaths = 0
    package var truthChecks = 0
    /// What was injected, how often.
    package var faults: [String: Int] = [:]
    package var refusals: [String: Int] = [:]
    /// SHA-256 of all that happened, in hex.
    package var digest = ""
}
