import Audit
import Model

/// A landing zone made by hand: ledgers fact by fact, objects as ranges. Times are whole seconds.
struct Scene {
    private(set) var facts: [PlacedFact] = []
    private var ledgers: [GatewayLife: UInt64] = [:]
    private var ledgerMissing: [GatewayLife: [Range<UInt64>]] = [:]
    private var objects: [Life: [Range<UInt64>]] = [:]
    private var strongGateways: Set<GatewayName> = []
    var writtenOff: Set<GatewayLife> = []

    static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    func life(_ gateway: String, _ number: UInt64) -> GatewayLife {
        GatewayLife(GatewayName(gateway)!, Incarnation(rawValue: number))
    }

    /// One line of the life's ledger; returns its sequence.
    @discardableResult
    mutating func say(_ life: GatewayLife, _ seconds: Int64, _ kind: PlacedFact.Kind) -> UInt64 {
        let sequence = ledgers[life] ?? 0
        ledgers[life] = sequence + 1
        facts.append(PlacedFact(life, sequence, at: Scene.at(seconds), kind))
        return sequence
    }

    /// The life begins, or states the next sequence of each stream, its ledger included.
    mutating func open(_ life: GatewayLife, _ seconds: Int64) { say(life, seconds, .opened) }

    mutating func state(_ life: GatewayLife, _ seconds: Int64, _ next: [String: UInt64] = [:]) {
        let ledger = ledgers[life] ?? 0
        for (stream, next) in next.sorted(by: { $0.key < $1.key }) {
            say(life, seconds, .position(StreamName(stream)!, next: next))
        }
        say(life, seconds, .position(.ledger, next: ledger))
    }

    mutating func land(_ life: GatewayLife, _ stream: String, _ range: Range<UInt64>) {
        objects[life.life(StreamName(stream)!), default: []].append(range)
    }

    /// Lines of the life's ledger that are not in the zone; what is not yet said counts too.
    mutating func lose(_ life: GatewayLife, _ range: Range<UInt64>) { ledgerMissing[life, default: []].append(range) }
    mutating func loseAll(_ life: GatewayLife) { lose(life, 0..<UInt64.max) }
    mutating func find(_ life: GatewayLife) { ledgerMissing[life] = nil }
    mutating func landStrong(_ gateway: String) { strongGateways.insert(GatewayName(gateway)!) }

    private func isThere(_ life: GatewayLife, _ sequence: UInt64) -> Bool {
        !(ledgerMissing[life] ?? []).contains { $0.contains(sequence) }
    }

    func conclude(_ stream: String = "logs", asOf seconds: Int64 = 1000, reversed: Bool = false) -> StreamCompleteness {
        var completeness = Completeness(writtenOff: writtenOff)
        let seen = facts.filter { isThere($0.speaker, $0.sequence) }
        for fact in reversed ? seen.reversed() : seen { completeness.add(fact) }
        for life in objects.keys { completeness.add(object: life) }
        for (life, count) in ledgers where (0..<count).contains(where: { isThere(life, $0) }) {
            completeness.add(object: life.life(.ledger))
        }
        for gateway in strongGateways { completeness.add(gateway: gateway) }
        let name = StreamName(stream)!
        return completeness.conclude(streams: [name], expectedThrough: Scene.at(seconds - 30)) { life, lost in
            var ranges = lost.map { $0.first..<$0.end }
            if life.stream == .ledger {
                let speaker = GatewayLife(life)
                ranges += (0..<(ledgers[speaker] ?? 0)).filter { isThere(speaker, $0) }.map { $0..<$0 + 1 }
            } else {
                ranges += objects[life] ?? []
            }
            var next: UInt64 = 0
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound <= next {
                next = max(next, range.upperBound)
            }
            let resumes = ranges.map(\.lowerBound).filter { $0 > next }.min()
            return .init(contiguous: next, resumes: resumes, end: ranges.map(\.upperBound).max() ?? 0)
        }[name]!
    }

    func through(_ stream: String = "logs") -> Timestamp? {
        let found = conclude(stream)
        precondition(found == conclude(stream, reversed: true), "the order in which facts are read changes the result")
        return found.through
    }
}
