import Files
import Journal
import Model
import Payload
import Simulation
import SystemPackage

/// One seed's run: several lives of a gateway on a disk that fails, is cut off and forgets what was not synced. What
/// must hold is checked against ``JournalFacts`` after each step.
final class JournalRun {
    private let disk: SimulatedDisk
    private let files: SimulatedFileSystem
    private var facts = JournalFacts()
    private var random: SeededGenerator
    /// Of its own, so that the seeds that found something still do.
    private var windows: SeededGenerator
    private var maker = BatchMaker()
    private var configuration = JournalConfiguration()
    private var clock = Names.start
    private var incarnation = Incarnation(rawValue: 0)
    /// Sealed and handed out, not yet retired.
    private var pending: [SealedSegment] = []

    /// - Parameter forgets: the syncs that nobody makes. Default none.
    init(seed: UInt64, forgets: (@Sendable (DiskOperation) -> Bool)? = nil) {
        random = SeededGenerator(seed: seed)
        let isSmall = Int.random(in: 0..<4, using: &random) == 0
        disk = SimulatedDisk(capacity: isSmall ? Int64.random(in: 15_000...60_000, using: &random) : 1 << 30)
        disk.forgetSyncs(forgets)
        files = disk.fileSystem
        configuration.reserveStepBytes = 4096
        configuration.keyLogBatches = Int.random(in: 1...20, using: &random)
        windows = SeededGenerator(seed: ~seed)
        if Int.random(in: 0..<3, using: &windows) == 0 {
            configuration.idempotencyWindow = .seconds(Int.random(in: 60...10_000, using: &windows))
        }
    }

    /// Throws ``Violation`` when something that must hold does not. Returns how many batches were acknowledged.
    func run() throws -> Int {
        for _ in 0..<Int.random(in: 2...5, using: &random) {
            guard let life = try begin() else { break }
            if Int.random(in: 0..<4, using: &windows) > 0 {
                // As the gateway does once its ledger has it.
                facts.tell(life.report)
                life.stream.beginForgetting(now: clock)
            }
            try live(life.stream)
            // The journal's lock ends with it.
            withExtendedLifetime(life.journal) {}
            crashOrKill()
        }
        _ = try begin()
        return facts.acknowledged.count
    }

    private func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    private func planFaults(oneIn: Int) {
        let plan = FaultPlan(seed: random.next(), oneIn: oneIn)
        disk.setFailures { plan.failure(of: $0) }
    }

    private func crashOrKill() {
        disk.setFailures(nil)
        if disk.isCut || !chance(4) { disk.crash(using: &random) } else { disk.killProcess() }
    }

    // MARK: Recovery

    private struct Life {
        var journal: Journal<SimulatedFileSystem>
        var stream: StreamJournal<SimulatedFileSystem>
        var report: RecoveryReport
    }

    /// Recovers, through faults and power cuts first; `nil` when the disk is too full for that.
    private func begin() throws -> Life? {
        for attemptsLeft in [2, 1, 0] {
            if attemptsLeft > 0 {
                if chance(3) { planFaults(oneIn: 25) }
                if chance(2) { disk.cutPower(afterOperations: Int.random(in: 0..<30, using: &random)) }
            }
            incarnation = Incarnation(rawValue: random.next())
            facts.begin()
            switch attempt() {
            case .success(let life):
                disk.setFailures(nil)
                // What recovery said must hold even if the power goes at once.
                try facts.recovered(life.report, window: configuration.idempotencyWindow, now: clock) {
                    try disk.contents($0.path)
                }
                pending = life.report.sealed
                return life
            case .failure(let error):
                if attemptsLeft == 0 {
                    guard error.isOutOfSpace else { throw Violation("a sound disk, but no recovery: \(error)") }
                    return nil
                }
                crashOrKill()
            }
        }
        return nil
    }

    private func attempt() -> Result<Life, JournalError> {
        do throws(JournalError) {
            let journal = try Journal(
                files: files, directory: Names.journal, configuration: configuration, gateway: Names.gateway,
                incarnation: incarnation)
            let (stream, report) = try journal.open(Names.stream, now: clock) { [unowned self] entry, life, first in
                facts.remembered(entry, life, first)
            }
            return .success(Life(journal: journal, stream: stream, report: report))
        } catch { return .failure(error) }
    }

    // MARK: One life

    private func live(_ stream: StreamJournal<SimulatedFileSystem>) throws {
        if chance(2) { disk.cutPower(afterOperations: Int.random(in: 0..<60, using: &random)) }
        if chance(2) { planFaults(oneIn: Int.random(in: 5...60, using: &random)) }
        for _ in 0..<Int.random(in: 1...14, using: &random) where !disk.isCut {
            clock = Timestamp(microseconds: clock.microseconds + Int64.random(in: 0..<2_000_000_000, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6: try append(to: stream)
            case 6..<8: try? stream.seal()
            default: try retire(from: stream)
            }
            try takeSealed(from: stream)
        }
        if !disk.isCut, chance(2) { try workAgain(stream) }
    }

    private func append(to stream: StreamJournal<SimulatedFileSystem>) throws {
        var batches: [MadeBatch] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let accepted = chance(4) ? 0 : Int.random(in: 1...4, using: &random)
            let rejected = accepted == 0 || chance(4) ? Int.random(in: 1...3, using: &random) : 0
            // Now and then so many rejects that the group takes more than one block.
            let many = chance(60) ? 9000 : rejected
            let made = try maker.make(
                accepted: accepted, rejected: many, padding: Int.random(in: 0...400, using: &random), at: clock)
            facts.offered(made)
            batches.append(made)
        }
        let next = stream.nextSequence
        guard let ranges = try? stream.append(batches.map(\.batch), monotonic: MonotonicInstant(nanoseconds: 0)) else {
            guard stream.nextSequence == next else { throw Violation("sequences were spent on a failed append") }
            return
        }
        var expected = next
        for (made, range) in zip(batches, ranges) {
            guard range.first == expected else { throw Violation("\(range) was given, \(expected) was next") }
            expected = range.end
            try facts.acknowledge(made, range, incarnation)
        }
    }

    private func takeSealed(from stream: StreamJournal<SimulatedFileSystem>) throws {
        for segment in stream.takeSealed() {
            try facts.sealed(segment, disk.contents(segment.path))
            pending.append(segment)
        }
    }

    /// Lands and retires; mostly the oldest, as the lander does.
    private func retire(from stream: StreamJournal<SimulatedFileSystem>) throws {
        guard !pending.isEmpty else { return }
        let index = chance(4) ? Int.random(in: pending.indices, using: &random) : 0
        // A failed try may have removed the file.
        if let bytes = try? disk.contents(pending[index].path) { try facts.land(pending[index], bytes) }
        if (try? stream.retire(pending[index], now: clock)) != nil { pending.remove(at: index) }
    }

    /// Once the disk is sound again, so is the journal.
    private func workAgain(_ stream: StreamJournal<SimulatedFileSystem>) throws {
        disk.setFailures(nil)
        disk.cutPower(afterOperations: nil)
        do throws(JournalError) {
            for batch in [1, 0] {
                let made: MadeBatch
                do { made = try maker.make(accepted: batch, rejected: 1, at: clock) } catch {
                    preconditionFailure("\(error)")
                }
                facts.offered(made)
                let range = try stream.append([made.batch], monotonic: MonotonicInstant(nanoseconds: 0))[0]
                do { try facts.acknowledge(made, range, incarnation) } catch { preconditionFailure("\(error)") }
            }
            try stream.seal()
        } catch {
            guard error.isOutOfSpace else { throw Violation("a sound disk, but: \(error)") }
        }
        try takeSealed(from: stream)
    }
}
