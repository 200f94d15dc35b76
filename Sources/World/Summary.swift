/// What happened in a world.
package struct Summary: Encodable, Sendable {
    package var batches = 0
    package var objects = 0
    package var steps = 0
    package var deaths = 0
    package var diskFaults = 0
    package var clockJumps = 0
    package var overrides = 0
    package var truthChecks = 0
    package var weathers: [String: Int] = [:]
    package var refusals: [String: Int] = [:]
}
