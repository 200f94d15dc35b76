import Gateway
import Model
import Synchronization
import Testing

@Suite struct DeadlineKeeperTests {
    private let told = Told()
    private let timers = TimerQueue(time: SystemTime())
    private let keeper: DeadlineKeeper<String, SystemTime>

    init() { keeper = DeadlineKeeper(late: "late", time: SystemTime(), timers: timers) }

    private func wait(_ name: String, _ milliseconds: Int) -> @Sendable (String) -> Void {
        keeper.until(SystemTime().monotonic() + .milliseconds(milliseconds)) { [told] in told.add("\(name) \($0)") }
    }

    @Test(
        "each is answered once: with its outcome, or at its deadline, whichever comes first, in whatever order they came"
    )
    func once() async throws {
        defer { timers.stop() }
        let slow = wait("slow", 60_000)
        let late = wait("late", 100)
        let later = wait("later", 200)
        let fast = wait("fast", 150)
        fast("done")
        for _ in 0..<200 where told.all.count < 3 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(told.all == ["fast done", "late late", "later late"])
        for answer in [late, later, fast, slow] { answer("done again") }
        #expect(told.all == ["fast done", "late late", "later late", "slow done again"])
    }

    @Test("whoever is forgotten hears nothing")
    func abandoned() async throws {
        defer { timers.stop() }
        let first = wait("first", 50)
        keeper.abandon()
        first("done")
        _ = wait("second", 100)
        for _ in 0..<200 where told.all.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        #expect(told.all == ["second late"])
    }

    private final class Told: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }
}
