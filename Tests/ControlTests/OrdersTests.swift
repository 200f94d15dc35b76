import Gateway
import Synchronization
import Testing

@testable import Control

@Suite("Orders and the trail") struct OrdersTests {
    private let entry = TrailEntry(.producerRevoked, by: .gateway, on: "a")

    @Test("the line comes first; what could not be written is not done")
    func first() async throws {
        let bench = Bench()
        let seen = try await Orders(gateway: bench).carryOut(entry) { () throws(ControlProblem) in bench.entries.count }
        #expect(seen == 1)
        bench.fail(.full)
        let done = Mutex(false)
        do {
            try await Orders(gateway: bench).carryOut(entry) { () throws(ControlProblem) in done.withLock { $0 = true }
            }
            Issue.record("an order without a line was carried out")
        } catch { #expect(error.kind == .notSaved && error.detail.contains("the disk is full")) }
        #expect(!done.withLock { $0 })
    }

    @Test("what was written and could not be done is said so in a line behind it")
    func notDone() async {
        let bench = Bench()
        do {
            _ = try await Orders(gateway: bench).carryOut(entry) { () throws(ControlProblem) -> Int in
                throw ControlProblem(.notSaved, "no space")
            }
            Issue.record("it did not fail")
        } catch { #expect(error.kind == .notSaved) }
        #expect(bench.entries.map(\.action) == [.producerRevoked, .notDone])
        #expect(bench.entries.last?.reason == "producer_revoked: no space")
    }

    @Test("new lines of the trail are those behind the last one seen; all, when that one is gone")
    func feed() {
        #expect(Array(EventFeed.after("b", ["a", "b", "c", "d"])) == ["c", "d"])
        #expect(EventFeed.after("d", ["a", "d"]).isEmpty)
        #expect(Array(EventFeed.after("x", ["a", "b"])) == ["a", "b"])
        #expect(Array(EventFeed.after(nil, ["a"])) == ["a"])
    }
}
