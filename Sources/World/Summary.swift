/// What happened in a world.
package struct Summary: Encodable, Sendable {
    package var batches = 0
    package var repeats = 0
    package var objects = 0
    package var steps = 0
    package var deaths = 0
    package var truthChecks = 0
    /// Batches of which it was checked that they land within the roll time.
    package var rollChecks = 0
    /// Segments that were sent while a backlog drained, and held against its bound and its order.
    package var drainChecks = 0
    /// Answers on a budget that were held against the priorities of the streams.
    package var priorityChecks = 0
    /// Batches of a strong stream that were refused while the zone was cut off, each at once.
    package var refusedAtOnce = 0
    /// Events that a receipt said were refused.
    package var refusedEvents = 0
    /// Bodies that were sent under the key of another.
    package var otherBodies = 0
    /// Orders of operators that were in the trail before they were carried out.
    package var orders = 0
    /// Starts after which a disk was searched for what had not landed.
    package var keptChecks = 0
    /// Requests that were delivered a second time.
    package var duplicates = 0
    /// What was injected, how often.
    package var faults: [String: Int] = [:]
    package var refusals: [String: Int] = [:]
    /// SHA-256 of all that happened, in hex.
    package var digest = ""
}
