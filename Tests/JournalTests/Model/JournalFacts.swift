import Journal
import Model
import Payload

/// What the outside world knows of a stream: what was acknowledged, handed out and landed. Judges what the journal says.
struct JournalFacts {
    struct Acknowledged {
        var digest: BatchDigest
        var incarnation: Incarnation
        var range: SequenceRange
        var received: Timestamp
    }
    private struct Place: Hashable {
        var incarnation: Incarnation
        var sequence: UInt64
    }

    private(set) var acknowledged: [Acknowledged] = []
    /// The lines of every batch that was ever given to the journal.
    private var lines: [BatchDigest: [String]] = [:]
    /// By object name.
    private(set) var handedOut: [String: [UInt8]] = [:]
    /// Objects of segments that were retired, or may have been.
    private var landed: [String: [UInt8]] = [:]
    private var landedLines: [Place: String] = [:]
    /// What this life's recovery remembered.
    private var memory: [BatchDigest: Set<Place>] = [:]
    /// Lives whose end the ledger tells.
    private var told: Set<Incarnation> = []

    /// A new life begins.
    mutating func begin() { memory = [:] }

    /// What a recovery says of how lives ended is durable elsewhere.
    mutating func tell(_ report: RecoveryReport) {
        told.formUnion(report.ends.keys)
        told.formUnion(report.retired.ends.keys)
    }

    mutating func remembered(_ entry: BatchEntry, _ incarnation: Incarnation, _ first: UInt64) {
        memory[entry.digest, default: []].insert(Place(incarnation: incarnation, sequence: first))
    }

    mutating func offered(_ made: MadeBatch) { lines[made.digest] = made.lines }

    mutating func acknowledge(_ made: MadeBatch, _ range: SequenceRange, _ incarnation: Incarnation) throws {
        guard range.count == UInt64(made.lines.count) else { throw Violation("acknowledged with a wrong count") }
        acknowledged.append(
            Acknowledged(
                digest: made.digest, incarnation: incarnation, range: range, received: made.batch.entry.receivedAt))
    }

    /// The journal hands out a segment whose file holds `bytes`.
    mutating func sealed(_ segment: SealedSegment, _ bytes: [UInt8]) throws {
        guard Int64(bytes.count) == segment.length else {
            throw Violation("\(segment.path): \(bytes.count) bytes, sealed with \(segment.length)")
        }
        guard SHA256.hash(bytes) == segment.sha256 else {
            throw Violation("\(segment.path): another hash than sealed with")
        }
        // A segment without events does not land, so its name says nothing.
        if !segment.range.isEmpty, let before = handedOut.updateValue(bytes, forKey: segment.objectName),
            before != bytes
        {
            throw Violation("\(segment.objectName): handed out before with other bytes")
        }
        let text = try SegmentText(bytes)
        guard text.headers.allSatisfy({ $0.incarnation == segment.incarnation }) else {
            throw Violation("\(segment.path): a block of another incarnation")
        }
        guard text.headers.first?.firstSequence == segment.range.first, text.lines.count == Int(segment.range.count)
        else {
            throw Violation("\(segment.path): another range than \(segment.range)")
        }
        guard text.headers.reduce(0, { $0 + $1.entries.count }) == segment.batches else {
            throw Violation("\(segment.path): another number of batches than sealed with")
        }
        guard text.lines.map(\.line) == text.headers.flatMap({ $0.entries.flatMap { lines[$0.digest] ?? ["?"] } })
        else {
            throw Violation("\(segment.path): lines that are not its batches'")
        }
    }

    /// A segment lands, before it is retired.
    mutating func land(_ segment: SealedSegment, _ bytes: [UInt8]) throws {
        if segment.range.isEmpty { return }
        if let before = landed.updateValue(bytes, forKey: segment.objectName), before != bytes {
            throw Violation("\(segment.objectName): landed before with other bytes")
        }
        for (sequence, line) in try SegmentText(bytes).lines {
            let place = Place(incarnation: segment.incarnation, sequence: sequence)
            if let before = landedLines.updateValue(line, forKey: place), before != line {
                throw Violation("sequence \(sequence) of \(segment.incarnation) landed twice, with different content")
            }
        }
    }

    /// Judges a recovery by the segments it found, each with its file's bytes.
    mutating func recovered(
        _ report: RecoveryReport, window: Duration, now: Timestamp, _ bytesOf: (SealedSegment) throws -> [UInt8]
    ) throws {
        guard report.damages.isEmpty, report.damagedSealed.isEmpty, report.refused.isEmpty else {
            throw Violation("nothing was damaged, but: \(report.damages) \(report.damagedSealed) \(report.refused)")
        }
        // A crash may cut an append to the key log short, but never leaves anything behind such a place.
        guard report.keyDamages.allSatisfy(\.isTail) else {
            throw Violation("no key log was damaged, but: \(report.keyDamages)")
        }
        var found: [Place: String] = [:]
        var names: Set<String> = []
        for segment in report.sealed {
            let bytes = try bytesOf(segment)
            try sealed(segment, bytes)
            guard segment.range.isEmpty || names.insert(segment.objectName).inserted else {
                throw Violation("\(segment.objectName): twice")
            }
            for (sequence, line) in try SegmentText(bytes).lines {
                let place = Place(incarnation: segment.incarnation, sequence: sequence)
                guard found.updateValue(line, forKey: place) == nil else {
                    throw Violation("sequence \(sequence) of \(segment.incarnation) is in two segments")
                }
                if let before = landedLines[place], before != line || landed[segment.objectName] == nil {
                    throw Violation("sequence \(sequence) of \(segment.incarnation) has landed in another object")
                }
            }
        }
        let horizon = now.microseconds - window.components.seconds * 1_000_000
        for batch in acknowledged {
            let first = Place(incarnation: batch.incarnation, sequence: batch.range.first)
            let end = report.ends[batch.incarnation] ?? report.retired.ends[batch.incarnation] ?? 0
            guard told.contains(batch.incarnation) || batch.range.end <= end else {
                throw Violation("nobody says that \(batch.incarnation) went beyond \(end)")
            }
            guard memory[batch.digest]?.contains(first) == true || batch.received.microseconds < horizon else {
                throw Violation("the acknowledged batch at \(batch.range) of \(batch.incarnation) is forgotten")
            }
            for (offset, line) in lines[batch.digest]!.enumerated() {
                let place = Place(incarnation: batch.incarnation, sequence: batch.range.first + UInt64(offset))
                guard (found[place] ?? landedLines[place]) == line else {
                    throw Violation("the acknowledged event \(place.sequence) of \(batch.incarnation) is lost")
                }
            }
        }
    }
}
