package import Model

/// Works out, per stream and over all gateways, the time through which everything acknowledged is provably in the landing
/// zone. Pure: facts go in in any order, then ``conclude(streams:expectedThrough:coverage:)`` decides.
///
/// The rules (docs/formats.md states them for those who do the same in SQL):
/// - Of each life only the facts in the part of its ledger that is there without gap count.
/// - A life's position says that as of its time everything below a sequence was acknowledged. It is reached once the zone has
///   all of that, and the objects of all strong batches that stand before it in the ledger. The life is complete through its
///   latest reached position; before its first, through the moment it opened.
/// - A life has ended when it says so itself, or when a later life of the same gateway, recovered and stating positions, says
///   so, as each does of all lives that it finds something of in the journal. Once all that an ended life acknowledged is there,
///   it holds nothing back.
/// - What a gateway itself named as lost counts as accounted for: it can't come any more, and is reported by itself. So does
///   what a life stated and a later life's recovery no longer found: the disk damaged the end of the journal.
/// - Each gateway that is known counts for each stream: one that is cut off may have taken it up.
package struct Completeness {
    /// What a zone has of one life of one stream.
    package struct Coverage: Sendable {
        /// Everything before it is there, or is named as lost.
        package var contiguous: UInt64
        /// Where what is there goes on behind the first gap; `nil` when nothing does.
        package var resumes: UInt64?
        /// The end of the last object.
        package var end: UInt64

        package init(contiguous: UInt64, resumes: UInt64? = nil, end: UInt64) {
            self.contiguous = contiguous
            self.resumes = resumes
            self.end = end
        }
    }

    private var records: [GatewayLife: LifeRecord] = [:]
    private var damages: [Life: [SequenceRange]] = [:]
    /// Where later lives found that each one ends.
    private var found: [Life: UInt64] = [:]
    /// Where each life's sealed segments end: of those none is lost without a word.
    private var sealed: [Life: UInt64] = [:]
    private var silentGateways: Set<GatewayName> = []
    private let writtenOff: Set<GatewayLife>

    /// - Parameter writtenOff: lives that hold nothing back, whatever is missing of them: their journals are gone for good.
    package init(writtenOff: Set<GatewayLife> = []) { self.writtenOff = writtenOff }

    /// A life is known by an object of it.
    package mutating func add(object life: Life) {
        if records[GatewayLife(life)] == nil { records[GatewayLife(life)] = LifeRecord() }
    }

    /// Streams that some fact speaks of.
    package var streams: Set<StreamName> {
        records.values.reduce(into: []) {
            $0.formUnion($1.reached.keys)
            $0.formUnion($1.strong)
        }
    }

    /// A gateway is known by an object of a strong stream.
    package mutating func add(gateway: GatewayName) { silentGateways.insert(gateway) }

    package mutating func add(_ fact: PlacedFact) {
        let speaker = fact.speaker
        // Taken out and put back, so that nothing is copied.
        var own = records.removeValue(forKey: speaker) ?? LifeRecord()
        own.lastWord = max(own.lastWord ?? fact.at, fact.at)
        var subject: (life: Life, end: UInt64)?
        func life(_ incarnation: Incarnation, _ stream: StreamName) -> Life {
            Life(gateway: speaker.gateway, incarnation: incarnation, stream: stream)
        }
        switch fact.kind {
        case .opened: own.opened = (fact.sequence, fact.at)
        case .position(let stream, let next):
            own.positions.add(fact.at, fact.sequence, stream, next: next)
            own.firstPosition = min(own.firstPosition ?? fact.sequence, fact.sequence)
            own.reach(stream, next)
        case .batchLanded(let stream, let object, let isThere):
            own.strong.insert(stream)
            if !isThere, own.missing[stream].map({ fact.sequence < $0.sequence }) ?? true {
                own.missing[stream] = .init(sequence: fact.sequence, object: object)
            }
        case .ended(let stream, let incarnation, let next):
            let life = life(incarnation, stream)
            subject = (life, next)
            if incarnation == speaker.incarnation {
                own.stopped = min(own.stopped ?? fact.sequence, fact.sequence)
            } else {
                // A later recovery may find less, as what has landed leaves the journal.
                found[life] = max(found[life] ?? 0, next)
            }
        case .reached(let stream, let incarnation, let end):
            let life = life(incarnation, stream)
            subject = (life, end)
            sealed[life] = max(sealed[life] ?? 0, end)
        case .damaged(let stream, let incarnation, let range):
            let life = life(incarnation, stream)
            subject = (life, range.end)
            damages[life, default: []].append(range)
        }
        records[speaker] = own
        guard let subject else { return }
        let spokenOf = GatewayLife(subject.life)
        records[spokenOf, default: LifeRecord()].reach(subject.life.stream, subject.end)
        guard case .ended = fact.kind, spokenOf != speaker else { return }
        let known = records[spokenOf]!.successors[speaker] ?? fact.sequence
        records[spokenOf]!.successors[speaker] = min(known, fact.sequence)
    }

    /// Decides. `coverage` says what the zone has of a life, with the ranges that were named as lost. A life that is not
    /// complete through `late` is named as holding its stream back.
    package func conclude(
        streams: some Sequence<StreamName>, expectedThrough late: Timestamp,
        coverage: (_ life: Life, _ lost: [SequenceRange]) -> Coverage
    ) -> [StreamName: StreamCompleteness] {
        let lost = lostRanges(coverage)
        var prefixes: [GatewayLife: UInt64] = [:]
        for life in records.keys {
            let ledger = life.life(.ledger)
            prefixes[life] = coverage(ledger, lost[ledger] ?? []).contiguous
        }
        let ended = Set(records.keys.filter { isEnded($0, prefixes) })
        var result: [StreamName: StreamCompleteness] = [:]
        for stream in streams {
            let bounds = records.keys.sorted().map { life in
                bound(of: life, stream, prefixes, coverage(life.life(stream), lost[life.life(stream)] ?? []), ended)
            }
            result[stream] = combine(bounds, late)
        }
        return result
    }

    // MARK: What is believed

    /// What was named as lost, wherever in a ledger: a life may say so of its own, behind the gap that it makes. And what lives
    /// stated, and later ones no longer found.
    private func lostRanges(_ coverage: (Life, [SequenceRange]) -> Coverage) -> [Life: [SequenceRange]] {
        var lost = damages
        for life in found.keys {
            let end = max(foundEnd(of: life) ?? 0, coverage(life, []).end)
            let reached = records[GatewayLife(life)]?.reached[life.stream] ?? 0
            if reached > end { lost[life, default: []].append(SequenceRange(first: end, count: reached - end)) }
        }
        return lost
    }

    /// Behind what later lives found of it and behind its last sealed segment there is no more in a journal; `nil` when no later
    /// life has looked.
    func foundEnd(of life: Life) -> UInt64? { found[life].map { max($0, sealed[life] ?? 0) } }

    private func isEnded(_ life: GatewayLife, _ prefixes: [GatewayLife: UInt64]) -> Bool {
        guard let record = records[life] else { return false }
        if let stopped = record.stopped, stopped < prefixes[life] ?? 0 { return true }
        return record.successors.contains { successor, spoken in
            // Once it states positions its recovery is done, and all that it found of earlier lives is said.
            guard let prefix = prefixes[successor], let position = records[successor]?.firstPosition else {
                return false
            }
            return spoken < prefix && position < prefix
        }
    }

    // MARK: One life

    private struct Bound {
        var life: GatewayLife
        /// All that it acknowledged is there, and nothing follows.
        var isDone = false
        /// Complete through; `nil` when nothing is proved.
        var through: Timestamp?
        var lastWord: Timestamp?
        var hold: StreamCompleteness.Hold
    }

    private func bound(
        of life: GatewayLife, _ stream: StreamName, _ prefixes: [GatewayLife: UInt64], _ coverage: Coverage,
        _ ended: Set<GatewayLife>
    ) -> Bound {
        let record = records[life] ?? LifeRecord()
        let prefix = prefixes[life] ?? 0
        let expected = max(record.reached[stream] ?? 0, coverage.end)
        let ledgerEnd = record.reached[.ledger]
        // Where nobody says how far a life's ledger went, there may be more than nothing.
        let hasLedger = (prefix > 0 || ledgerEnd != nil) && prefix >= ledgerEnd ?? 0
        let missing = record.missing[stream]
        let isEnded = ended.contains(life)
        var bound = Bound(
            life: life, lastWord: record.lastWord,
            hold: .init(
                gateway: life.gateway.rawValue, incarnation: life.incarnation.description, reason: .silent,
                first: coverage.contiguous))
        if writtenOff.contains(life) {
            bound.isDone = true
            return bound
        }
        if isEnded, coverage.contiguous >= expected, missing == nil, hasLedger {
            bound.isDone = true
            return bound
        }
        if let opened = record.opened, opened.sequence < prefix { bound.through = opened.at }
        var next: UInt64 = 0
        var sequence: UInt64 = 0
        for group in record.positions.inOrder where group.sequence < prefix {
            // A wall clock may have gone back: what was stated before holds all the same.
            next = max(next, group.next[stream] ?? 0)
            sequence = max(sequence, group.sequence)
            guard next <= coverage.contiguous, missing.map({ sequence < $0.sequence }) ?? true else { break }
            bound.through = max(bound.through ?? group.time, group.time)
        }
        bound.hold.since = bound.through?.description
        if let missing {
            bound.hold.reason = .missingObject
            bound.hold.object = missing.object
            bound.hold.first = nil
        } else if coverage.contiguous < expected {
            bound.hold.reason = .missing
            bound.hold.end = coverage.resumes ?? expected
        } else if prefix == 0 || !hasLedger {
            bound.hold.reason = .ledger
            bound.hold.first = prefix
            bound.hold.end = ledgerEnd.flatMap { $0 > prefix ? $0 : nil }
        }
        return bound
    }

    // MARK: All lives

    private func combine(_ bounds: [Bound], _ late: Timestamp) -> StreamCompleteness {
        var result = StreamCompleteness()
        var held: [Timestamp?] = []
        var endings: [Timestamp?] = []
        let gateways = Dictionary(grouping: bounds, by: \.life.gateway)
        for gateway in Set(gateways.keys).union(silentGateways).sorted(by: { $0.rawValue < $1.rawValue }) {
            let lives = gateways[gateway] ?? []
            let open = lives.filter { !$0.isDone }
            var part = StreamCompleteness.Part(gateway: gateway.rawValue, state: .running)
            if !open.isEmpty {
                let through = earliest(open.map(\.through))
                held.append(through)
                part.complete_through = through?.description
            } else if lives.isEmpty {
                held.append(nil)
                result.heldBackBy.append(.init(gateway: gateway.rawValue, incarnation: nil, reason: .ledger))
            } else {
                let last = lives.compactMap(\.lastWord).max()
                endings.append(last)
                part.state = .ended
                part.complete_through = last?.description
            }
            result.gateways.append(part)
            for bound in open where bound.through.map({ $0 < late }) ?? true { result.heldBackBy.append(bound.hold) }
        }
        result.through = held.isEmpty ? endings.compactMap(\.self).max() : earliest(held)
        return result
    }

    /// `nil` is earlier than all.
    private func earliest(_ times: [Timestamp?]) -> Timestamp? {
        times.contains(nil) ? nil : times.compactMap(\.self).min()
    }
}
