import Foundation
import Model
import Payload

/// Checks a landing zone against the ledger that landed in it: no gap, no duplicate, counts and hashes right.
///
/// It trusts nothing but bytes: ranges and counts come from block headers, lines are counted after decompression, and
/// what must be there comes from the ledger's facts.
package struct LandingAudit {
    private var ledger = LedgerView()
    private var streams: [StreamName: AuditReport.Stream] = [:]
    private var gateways: [StreamName: Set<GatewayName>] = [:]
    private var ranges: [Life: [(range: SequenceRange, object: String)]] = [:]
    /// Of strong streams, by the gateway that made them.
    private var keyedObjects: [GatewayName: Int] = [:]
    private var objects: [String: (sha256: String, events: Int)] = [:]
    private var batches: [BatchPlace: (object: String, receivedAt: Timestamp)] = [:]
    private var findings: [Finding] = []

    private struct BatchPlace: Hashable {
        var stream: StreamName
        var digest: BatchDigest
    }

    private init() {}

    /// Reads every object once. `progress` is told how many of how many are done.
    package static func run(
        _ zone: some LandingZoneReader, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> AuditReport {
        var audit = LandingAudit()
        let names = try zone.names()
        for (index, name) in names.enumerated() {
            progress(index, names.count)
            audit.read(name, try zone.bytes(of: name))
        }
        progress(names.count, names.count)
        return audit.conclude()
    }

    private mutating func add(_ kind: Finding.Kind, _ stream: StreamName?, _ object: String?, _ detail: String) {
        findings.append(Finding(kind: kind, stream: stream?.rawValue, object: object, detail: detail))
    }

    private mutating func read(_ name: String, _ data: Data) {
        guard let parsed = ObjectName(name) else {
            return add(.foreign, nil, name, "no gateway gives this name")
        }
        let content: ObjectContent
        switch ObjectContent.read(data) {
        case .success(let found): content = found
        case .failure(let error):
            return add(.hash, nil, name, error.description)
        }
        objects[name] = (content.sha256, content.events)
        let stream: StreamName
        switch parsed {
        case .keyed(let keyed, _):
            stream = keyed
            if let gateway = content.gateway { keyedObjects[gateway, default: 0] += 1 }
        case .segment(let segment, let gateway, let incarnation, let first, let last):
            stream = segment
            let life = Life(gateway: gateway, incarnation: incarnation, stream: segment)
            ranges[life, default: []].append((SequenceRange(first: first, count: last - first + 1), name))
            gateways[stream, default: []].insert(gateway)
            if content.first != first || UInt64(content.events) != last - first + 1 || content.hasGap {
                add(
                    .count, stream, name,
                    "the name says \(first)-\(last), the headers say \(content.events) events from \(content.first)")
            }
        }
        if content.stream != stream.rawValue {
            add(.foreign, stream, name, "the headers say stream \(content.stream)")
        }
        if content.lines != content.events {
            add(.count, stream, name, "\(content.lines) lines, but the headers count \(content.events) events")
        }
        for entry in content.entries { note(entry, in: stream, name) }
        streams[stream, default: .init(stream: stream.rawValue)].objects += 1
        streams[stream]!.events += content.events
        streams[stream]!.bytes += data.count
        if stream == .ledger {
            for line in content.unreadableLines(addingTo: &ledger) {
                add(.foreign, stream, name, "line \(line) is no ledger fact")
            }
        }
    }

    /// The same batch twice within a day is a duplicate; later, its key may have been used again.
    private mutating func note(_ entry: BatchEntry, in stream: StreamName, _ object: String) {
        let place = BatchPlace(stream: stream, digest: entry.digest)
        if let earlier = batches[place],
            abs(earlier.receivedAt.microseconds - entry.receivedAt.microseconds) < 86_400_000_000
        {
            add(.duplicate, stream, object, "a batch of it is also in \(earlier.object)")
        }
        batches[place] = (object, entry.receivedAt)
    }

    private mutating func conclude() -> AuditReport {
        var progress: [StreamName: [GatewayName: LifeProgress]] = [:]
        for life in Set(ranges.keys).union(ledger.lives).sorted(by: { "\($0)" < "\($1)" }) {
            let (contiguous, expected) = checkRanges(of: life)
            progress[life.stream, default: [:]][life.gateway, default: LifeProgress()].add(
                ledger.lastPosition(of: life, atOrBelow: contiguous), complete: contiguous >= expected)
        }
        checkLedger()
        for landed in ledger.landed { checkLanded(landed) }
        for damage in ledger.damaged {
            add(
                .damaged, damage.life.stream, nil,
                "\(damage.life): the gateway lost acknowledged events \(damage.range): \(damage.reason)")
        }
        for (stream, gateways) in progress {
            let times = gateways.values.map(\.through)
            guard !times.contains(nil) else { continue }
            streams[stream]?.complete_through = times.compactMap(\.self).min()?.description
        }
        for (stream, set) in gateways { streams[stream]?.gateways = set.count }
        return AuditReport(streams: streams.values.sorted { $0.stream < $1.stream }, findings: findings)
    }

    /// What landed without a word of the ledger: its facts were deleted, or have not landed yet.
    private mutating func checkLedger() {
        var silent: [String: Int] = [:]
        for (life, objects) in ranges where life.stream != .ledger && !ledger.incarnations.contains(life.incarnation) {
            silent["\(life.gateway)/\(life.incarnation)", default: 0] += objects.count
        }
        // A batch's object exists before its fact does, so a life that ended in between may be silent; a gateway may not.
        for (gateway, count) in keyedObjects where !ledger.gateways.contains(gateway) {
            silent["\(gateway)", default: 0] += count
        }
        for (name, count) in silent.sorted(by: { $0.key < $1.key }) {
            add(
                .noLedger, .ledger, nil,
                "no ledger line speaks of \(name), which made \(count) of the objects here: whether they are all can't be told. A gateway that has just started lands its ledger within seconds; otherwise it was deleted"
            )
        }
    }

    /// Walks one life's objects in order; returns the end of what is there without gap.
    private mutating func checkRanges(of life: Life) -> (contiguous: UInt64, expected: UInt64) {
        var next: UInt64 = 0
        var contiguous: UInt64?
        let damaged = ledger.damaged.filter { $0.life == life }.map(\.range)
        let present = (ranges[life] ?? []).map { ($0.range, Optional($0.object)) } + damaged.map { ($0, nil) }
        for (range, object) in present.sorted(by: { ($0.0.first, $0.0.end) < ($1.0.first, $1.0.end) }) {
            if range.first > next {
                contiguous = contiguous ?? next
                add(
                    .gap, life.stream, nil,
                    "\(life): \(SequenceRange(first: next, count: range.first - next)) is in no object")
            } else if range.first < next, let object {
                add(.duplicate, life.stream, object, "\(life): sequences before \(next) are also in another object")
            }
            next = max(next, range.end)
        }
        let expected = ledger.expectedEnd(of: life)
        if expected > next {
            contiguous = contiguous ?? next
            add(
                .gap, life.stream, nil,
                "\(life): \(SequenceRange(first: next, count: expected - next)) was acknowledged and has not landed")
        }
        return (contiguous ?? next, expected)
    }

    private mutating func checkLanded(_ landed: LedgerView.Landed) {
        guard let object = objects[landed.object] else {
            return add(.missingObject, landed.stream, landed.object, "the ledger says it landed")
        }
        if let sha256 = landed.sha256, sha256 != object.sha256 {
            add(.hash, landed.stream, landed.object, "SHA-256 is \(object.sha256), the ledger says \(sha256)")
        }
        if landed.events != object.events {
            add(.count, landed.stream, landed.object, "\(object.events) events, the ledger says \(landed.events)")
        }
    }
}
