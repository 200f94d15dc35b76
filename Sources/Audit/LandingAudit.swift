import Landing
import Model

/// Checks landing zones against the ledger that landed in them: no gap, no duplicate, counts and hashes right.
///
/// It trusts nothing but bytes: ranges and counts come from block headers, lines are counted after decompression, and
/// what must be there comes from the ledger's facts. Every object is read once, by pieces; about 200 bytes are kept of each,
/// and 24 of each batch of a day.
package final class LandingAudit {
    private let zones: [AuditZone]
    private let options: AuditOptions
    private let progress: (AuditProgress) -> Void
    private var done = AuditProgress()

    private var streams: [StreamName: AuditReport.Stream] = [:]
    private var gateways: [StreamName: Set<GatewayName>] = [:]
    private var ranges: [Life: LifeRanges] = [:]
    /// Of strong streams, by the gateway that made them.
    private var keyedObjects: [GatewayName: Int] = [:]
    private var objects = ObjectTable()
    private var batches = BatchRepeats()
    private var missing: Set<String> = []
    private var trail = TrailView()
    private var completeness: Completeness
    private var findings: [Finding] = []

    private init(_ zones: [AuditZone], _ options: AuditOptions, _ progress: @escaping (AuditProgress) -> Void) {
        self.zones = zones
        self.options = options
        self.progress = progress
        completeness = Completeness(writtenOff: options.writtenOff)
    }

    /// Reads every object once. Throws when a zone can't be read.
    package static func run(
        _ zones: [AuditZone], _ options: AuditOptions = AuditOptions(),
        isolation: isolated (any Actor)? = #isolation, progress: @escaping (AuditProgress) -> Void = { _ in }
    ) async throws -> AuditReport {
        let audit = LandingAudit(zones, options, progress)
        // The ledger is listed first and read last: what it says landed, landed before the rest was listed.
        var ledgers: [(AuditZone, [StoredObject])] = []
        for zone in zones {
            var found: [StoredObject] = []
            try await zone.reader.list("\(StreamName.ledger)/") { found += $0 }
            ledgers.append((zone, found))
        }
        for zone in zones {
            try await zone.reader.list { page in
                try await audit.read(page.filter { !$0.name.hasPrefix("\(StreamName.ledger)/") }, in: zone) { _, _, _ in
                    true
                }
            }
            audit.settleBatches()
        }
        var ledger = LedgerView()
        for (zone, found) in ledgers {
            try await audit.read(found, in: zone) { fact, speaker, sequence in
                audit.note(fact, speaker, sequence)
                return ledger.add(fact) { audit.checkLanded($0) }
            }
        }
        return audit.conclude(ledger)
    }

    /// Takes one line of a ledger, by whom, and its sequence there; says whether it is a fact.
    private typealias TakeFact = (FactLine.Fact, GatewayLife, UInt64) -> Bool

    private func note(_ fact: FactLine.Fact, _ speaker: GatewayLife, _ sequence: UInt64) {
        let placed = PlacedFact(fact, by: speaker, sequence) { isThere($0) }
        if let placed { completeness.add(placed) }
    }

    private func add(
        _ kind: Finding.Kind, _ stream: StreamName?, _ object: String?, in zone: AuditZone? = nil, _ detail: String
    ) {
        findings.append(
            Finding(
                kind: kind, stream: stream?.rawValue, object: object,
                zone: zone.map { $0.name?.rawValue ?? $0.reader.place },
                detail: detail))
    }

    // MARK: Objects

    private func read(
        _ page: [StoredObject], in zone: AuditZone, isolation: isolated (any Actor)? = #isolation,
        fact: TakeFact
    ) async throws {
        done.listed += page.count
        var wanted: [(object: StoredObject, name: LandedName)] = []
        for object in page {
            guard let name = LandedName(object.name) else {
                add(.foreign, nil, object.name, in: zone, "no gateway gives this name")
                continue
            }
            switch options.needs(name, object) {
            case .read: wanted.append((object, name))
            case .named: note(object, name)
            case .known: _ = objects.add(object.name, sha256: nil, events: 0)
            case .ignored: break
            }
        }
        let reader = zone.reader
        try await inOrder(wanted, width: options.width) {
            try await ObjectContent.read($0.object, in: reader)
        } take: {
            self.take($0.object, $0.name, $1, in: zone, fact: fact)
        }
    }

    private func take(
        _ object: StoredObject, _ name: LandedName, _ outcome: ObjectContent.Outcome, in zone: AuditZone,
        fact: TakeFact
    ) {
        done.read += 1
        done.bytes += object.length
        progress(done)
        switch outcome {
        case .gone: break
        case .faulty(let detail): add(.hash, name.stream, object.name, in: zone, detail)
        case .content(let content): note(object, name, content, in: zone, fact: fact)
        }
    }

    /// What the name alone says of an object.
    private func note(_ object: StoredObject, _ name: LandedName) {
        _ = objects.add(object.name, sha256: nil, events: 0)
        guard case .segment(let segment) = name else { return count(object, name, events: 0) }
        count(object, name, events: Int(segment.range.count))
        note(segment)
    }

    private func count(_ object: StoredObject, _ name: LandedName, events: Int) {
        var stream = streams[name.stream] ?? .init(stream: name.stream.rawValue)
        stream.objects += 1
        stream.events += events
        stream.bytes += Int(object.length)
        streams[name.stream] = stream
    }

    private func note(_ segment: SegmentName) {
        ranges[segment.life, default: LifeRanges()].add(segment)
        gateways[segment.life.stream, default: []].insert(segment.life.gateway)
        completeness.add(object: segment.life)
    }

    private func note(
        _ object: StoredObject, _ name: LandedName, _ content: ObjectContent, in zone: AuditZone,
        fact: TakeFact
    ) {
        let stream = name.stream
        if !objects.add(object.name, sha256: content.sha256, events: content.events) {
            add(.duplicate, stream, object.name, in: zone, "another zone has an object of this name")
        }
        switch name {
        case .keyed(_, let sha256):
            if let gateway = content.gateway {
                keyedObjects[gateway, default: 0] += 1
                completeness.add(gateway: gateway)
            }
            if let entry = content.entries.first, !sha256.hasPrefix(entry.digest.hex) {
                add(.foreign, stream, object.name, in: zone, "it holds another batch than its name says")
            }
        case .segment(let segment):
            note(segment)
            if content.first != segment.first || UInt64(content.events) != segment.range.count || content.hasGap {
                add(
                    .count, stream, object.name, in: zone,
                    "the name says \(segment.range), the headers say \(content.events) events from \(content.first)")
            }
            for repeated in batches.add(content.entries, of: segment) { report(repeated, in: zone) }
        }
        if content.stream != stream.rawValue {
            add(.foreign, stream, object.name, in: zone, "the headers say stream \(content.stream)")
        }
        if content.lines != content.events {
            add(
                .count, stream, object.name, in: zone,
                "\(content.lines) lines, but the headers count \(content.events) events")
        }
        count(object, name, events: content.events)
        guard case .segment(let segment) = name else { return }
        let speaker = GatewayLife(segment.life)
        for (index, line) in content.facts.enumerated()
        where line.map({ !fact($0, speaker, segment.first + UInt64(index)) }) ?? true {
            add(.foreign, stream, object.name, in: zone, "line \(index + 1) is no ledger fact")
        }
        for (index, line) in content.trail.enumerated() {
            guard let line else {
                add(.foreign, stream, object.name, in: zone, "line \(index + 1) is no entry of a trail")
                continue
            }
            trail.add(line)
        }
    }

    private func report(_ repeated: BatchRepeats.Repeat, in zone: AuditZone? = nil) {
        add(
            .duplicate, repeated.object.life.stream, repeated.object.description, in: zone,
            "a batch of it is also in \(repeated.earlier)")
    }

    private func settleBatches() { for repeated in batches.settle() { report(repeated) } }

    // MARK: Conclusions

    /// What the zones have of a life.
    private func coverage(of life: Life, lost: [SequenceRange], _ ledger: LedgerView) -> Completeness.Coverage {
        guard ranges[life] != nil || !lost.isEmpty || options.since == nil else {
            let expected = ledger.expectedEnd(of: life)
            return .init(contiguous: expected, end: expected)
        }
        let walk = (ranges[life] ?? LifeRanges()).walk(lost: lost, fromFirst: options.since != nil)
        let resumes = walk.faults.lazy.compactMap { fault in
            if case .gap(let range) = fault { range.end } else { nil }
        }.first
        return .init(contiguous: walk.contiguous, resumes: resumes, end: walk.end)
    }

    /// What is older than what is checked counts as there.
    private func isThere(_ object: String) -> Bool { isTooOld(object) || objects.find(object) != nil }

    private func isTooOld(_ object: String) -> Bool {
        guard let since = options.since, case .segment(let segment)? = LandedName(object) else { return false }
        return segment.hour < since
    }

    private func checkLanded(_ landed: LedgerView.Landed) {
        if isTooOld(landed.object) { return }
        guard let object = objects.find(landed.object) else {
            guard missing.insert(landed.object).inserted else { return }
            findings.append(
                Finding(
                    kind: .missingObject, stream: landed.stream.rawValue, object: landed.object, zone: landed.zone,
                    detail: landed.zone.map { "the ledger says it landed in zone \($0)" + unknown($0) }
                        ?? "the ledger says it landed"))
            return
        }
        guard let hash = object.hash else { return }
        if let sha256 = landed.sha256, bytesOfHex(sha256).map(ObjectTable.half) != hash {
            add(.hash, landed.stream, landed.object, "its SHA-256 is not the one in the ledger, \(sha256)")
        }
        if landed.events != Int(object.events) {
            add(.count, landed.stream, landed.object, "\(object.events) events, the ledger says \(landed.events)")
        }
    }

    /// Where zones have names, an object may be missing only because its zone was not looked into.
    private func unknown(_ zone: String) -> String {
        guard zones.allSatisfy({ $0.name != nil }), !zones.contains(where: { $0.name?.rawValue == zone }) else {
            return ""
        }
        return ", which is not among those checked"
    }

    private func conclude(_ ledger: LedgerView) -> AuditReport {
        // When only the newest hours are read, the chain's beginning is not among them.
        for fault in trail.conclude(fromAnywhere: options.since != nil) { add(.trailBroken, .trail, nil, fault) }
        for repeated in batches.settle() { report(repeated) }
        for life in Set(ranges.keys).union(ledger.lives).sorted(by: { "\($0)" < "\($1)" }) {
            checkRanges(of: life, ledger)
        }
        checkLedger(ledger)
        for damage in ledger.damaged {
            add(
                .damaged, damage.life.stream, nil,
                "\(damage.life): the gateway lost acknowledged events \(damage.range): \(damage.reason)")
        }
        let names = completeness.streams.union(streams.keys)
        let concluded = completeness.conclude(streams: names, expectedThrough: options.expectedThrough) {
            coverage(of: $0, lost: $1, ledger)
        }
        for (stream, result) in concluded { streams[stream, default: .init(stream: stream.rawValue)].note(result) }
        for (stream, set) in gateways { streams[stream]?.gateways = set.count }
        return AuditReport(streams: streams.values.sorted { $0.stream < $1.stream }, findings: findings)
    }

    /// What landed without a word of the ledger: its facts were deleted, or have not landed yet.
    private func checkLedger(_ ledger: LedgerView) {
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

    private func checkRanges(of life: Life, _ ledger: LedgerView) {
        let lost = ledger.damaged.filter { $0.life == life }.map(\.range)
        let expected = ledger.expectedEnd(of: life)
        guard ranges[life] != nil || options.since == nil else {
            // All of it may be older than what is checked: the ledger's landed objects tell.
            return
        }
        let walk = (ranges[life] ?? LifeRanges()).walk(lost: lost, fromFirst: options.since != nil)
        for fault in walk.faults {
            switch fault {
            case .gap(let range): add(.gap, life.stream, nil, "\(life): \(range) is in no object")
            case .overlap(let object):
                add(
                    .duplicate, life.stream, object.description,
                    "\(life): sequences from \(object.first) on are also in another object")
            }
        }
        guard expected > walk.end else { return }
        let found = min(max(completeness.foundEnd(of: life) ?? expected, walk.end), expected)
        if found > walk.end {
            let rest = SequenceRange(first: walk.end, count: found - walk.end)
            add(.gap, life.stream, nil, "\(life): \(rest) was acknowledged and has not landed")
        }
        if expected > found {
            let rest = SequenceRange(first: found, count: expected - found)
            add(
                .damaged, life.stream, nil,
                "\(life): \(rest) was acknowledged, and was no longer in the journal when the gateway started again")
        }
    }
}
