import Files
import Journal
import Model
import Simulation
import SystemPackage

/// A journal on a simulated disk, one life at a time.
final class Bench {
    struct Remembered: Equatable {
        var digest: BatchDigest
        var incarnation: Incarnation
        var first: UInt64
    }

    let disk: SimulatedDisk
    var configuration = JournalConfiguration()
    var maker = BatchMaker()
    private(set) var stream: StreamJournal<SimulatedFileSystem>!
    private(set) var report = RecoveryReport()
    private(set) var remembered: [Remembered] = []
    private(set) var incarnation: Incarnation
    private var journal: Journal<SimulatedFileSystem>?

    /// - Parameter nextIncarnation: of the first ``start(now:)``.
    init(_ disk: SimulatedDisk = SimulatedDisk(), nextIncarnation: UInt64 = 1) {
        self.disk = disk
        incarnation = Incarnation(rawValue: nextIncarnation - 1)
        configuration.reserveStepBytes = 4096
    }

    /// Ends the life there may be, as `kill -9` does, and begins the next.
    /// - Parameters:
    ///   - forgetting: what keys told goes once their window has ended.
    ///   - powerCut: after so many changes to the disk.
    func start(now: Timestamp = Names.start, forgetting: Bool = true, powerCut: Int? = nil) throws {
        stream = nil
        journal = nil
        disk.killProcess()
        disk.cutPower(afterOperations: powerCut)
        incarnation = Incarnation(rawValue: incarnation.rawValue + 1)
        remembered = []
        let journal = try Journal(
            files: disk.fileSystem, directory: Names.journal, configuration: configuration, gateway: Names.gateway,
            incarnation: incarnation)
        self.journal = journal
        (stream, report) = try journal.open(Names.stream, now: now) { [unowned self] entry, incarnation, first in
            remembered.append(Remembered(digest: entry.digest, incarnation: incarnation, first: first))
        }
        if forgetting { stream.beginForgetting(now: now) }
    }

    /// Appends one batch, as one block.
    @discardableResult
    func append(_ accepted: Int = 2, rejected: Int = 0, padding: Int = 20) throws -> MadeBatch {
        let made = try maker.make(accepted: accepted, rejected: rejected, padding: padding)
        try append(made)
        return made
    }

    @discardableResult
    func append(_ made: MadeBatch) throws -> SequenceRange {
        try stream.append([made.batch], monotonic: MonotonicInstant(nanoseconds: 0))[0]
    }

    /// Seals what is open and takes it.
    func seal() throws -> SealedSegment {
        try stream.seal()
        return stream.takeSealed().last!
    }

    func text(_ path: FilePath) throws -> SegmentText { try SegmentText(disk.contents(path)) }

    /// A segment's path in this or an earlier life.
    func path(_ incarnation: Incarnation, _ ordinal: UInt64) -> FilePath {
        let digits = String(ordinal)
        return Names.streamDirectory.appending(
            "\(incarnation)-\(String(repeating: "0", count: 8 - digits.count))\(digits).json.gz")
    }

    /// Files of the stream's directory that recovery and appends made, key logs aside.
    func names() -> [String] {
        disk.files().filter { $0.removingLastComponent() == Names.streamDirectory }.map { $0.lastComponent!.string }
    }
}
