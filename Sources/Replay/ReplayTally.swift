/// What became of a replay.
package struct ReplayTally: Encodable, Sendable, Equatable {
    /// One object or batch that did not go where it should.
    package struct Problem: Encodable, Sendable, Equatable {
        package var object: String
        package var batch_key: String?
        package var detail: String

        package init(_ object: String, batch: String? = nil, _ detail: String) {
            self.object = object
            batch_key = batch
            self.detail = detail
        }
    }

    package var objects = 0
    package var bytes: Int64 = 0
    package var problems = 0
    /// The first of them.
    package private(set) var examples: [Problem] = []

    package init() {}

    package static var examplesMax: Int { 100 }

    package mutating func add(_ problem: Problem) {
        problems += 1
        if examples.count < Self.examplesMax { examples.append(problem) }
    }
}
