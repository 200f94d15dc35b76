import Audit
import Gateway
import Model

/// What must hold of the landing zone.
extension World {
    /// Complete-through never claims what has not landed, of any gateway that the landing zone has heard of. (Of one that has
    /// never landed anything it can't know.)
    func checkTruthfulness() async throws(Violation) {
        if !plan.hasClockJumps { try checkTruthfulness(of: try await audit()) }
    }

    private func checkTruthfulness(of report: AuditReport) throws(Violation) {
        let known = bucket(of: .ledger).gateways
        for stream in report.streams {
            guard let name = StreamName(stream.stream), let text = stream.complete_through,
                let through = Timestamp(rfc3339: text), record.acknowledged[name] != nil
            else { continue }
            let landed = try landedKeys(name)
            for (batch, told) in record.inOrder(name) where told.at < through && known.contains(told.by) {
                if let missing = missing(told.events, in: landed[Place(stream: name, gateway: batch.gateway)]) {
                    throw Violation(
                        .truthful,
                        "\(name) is said to be complete through \(through), and \(missing) of \(batch.key) is missing")
                }
            }
            summary.truthChecks += 1
        }
    }

    func reckon() async throws(Violation) {
        for stream in streams.map(\.name) {
            let landed = try landedKeys(stream)
            for (batch, told) in record.inOrder(stream) {
                if let missing = missing(told.events, in: landed[Place(stream: stream, gateway: batch.gateway)]) {
                    throw Violation(.kept, "\(stream): \(missing) of \(batch.key) was acknowledged and never landed")
                }
            }
            let offered = record.offered[stream] ?? [:]
            if let stranger = landed.values.joined().filter({ offered[$0] == nil }).min() {
                throw Violation(.unchanged, "\(stream): \(stranger) landed and was never sent")
            }
            try checkReceipts(of: stream)
        }
        try checkOrders()
        let report = try await audit()
        if let finding = report.findings.first(where: { !isExplained($0) }) {
            throw Violation(
                .verified,
                "sluice verify: \(finding.kind.rawValue) \(finding.stream ?? "") \(finding.object ?? "") \(finding.detail)"
            )
        }
        if !plan.hasClockJumps {
            try checkTruthfulness(of: report)
            try checkProgress(of: report)
        }
    }

    /// Events stand where their receipts say; those that a receipt says were refused are in `_quarantine`, and there only.
    private func checkReceipts(of stream: StreamName) throws(Violation) {
        guard journaled.contains(stream) else { return }
        for (batch, told) in record.inOrder(stream) where !record.isExcused(told.offer.events) {
            let place = Place(stream: stream, gateway: batch.gateway)
            for (index, event) in told.events.enumerated() {
                let stands = standing[place]?[event]
                let stated = told.sequence.map {
                    Standing(incarnation: $0.incarnation, sequence: $0.range.first + UInt64(index))
                }
                if stands != stated {
                    throw Violation(
                        .receipt, "\(event) of \(stream) stands at \(stands as Any), its receipt says \(stated as Any)")
                }
            }
            for index in told.refused.sorted() {
                let event = told.offer.event(index)
                if landed[place]?.contains(event) ?? false {
                    throw Violation(
                        .keptNowhere, "\(stream): \(event) landed, and its receipt says that it was refused")
                }
                if !(quarantined[place]?[batch.key]?.contains(index) ?? false) {
                    throw Violation(.quarantined, "\(stream): \(event) was refused, and is not in _quarantine")
                }
            }
        }
    }

    /// What operators were told is in the trail is there.
    private func checkOrders() throws(Violation) {
        let bucket = bucket(of: .trail)
        var lines: [GatewayName: [String]] = [:]
        for name in bucket.objects.keys.sorted() where name.hasPrefix("\(StreamName.trail)/") {
            guard let gateway = Bucket.gateway(of: name) else { continue }
            lines[gateway, default: []] += try bucket.events(of: name).map { String(decoding: $0.line, as: UTF8.self) }
        }
        for machine in machines where !record.hasRotted(.trail, on: machine.gatewayName) {
            let text = (lines[machine.gatewayName] ?? []).joined()
            for reason in (record.orders[machine.gatewayName] ?? []).sorted()
            where !text.contains("\"reason\":\"\(reason)\"") {
                throw Violation(.trail, "\(machine.name): \(reason) was carried out, and is not in the trail")
            }
        }
    }

    /// The first of acknowledged events that did not rot and is not there.
    func missing(_ events: [String], in landed: Set<String>?) -> String? {
        events.first { !(landed?.contains($0) ?? false) && !record.rotted.contains($0) }
    }

    /// Nothing holds complete-through back for good: once all has landed and everybody has stated positions since, it has passed
    /// all that was acknowledged.
    private func checkProgress(of report: AuditReport) throws(Violation) {
        for stream in report.streams where !stream.held_back_by.contains(where: mayHold) {
            guard let name = StreamName(stream.stream),
                let last = record.acknowledged[name]?.values.map(\.at).max()
            else { continue }
            let through = stream.complete_through.flatMap { Timestamp(rfc3339: $0) }
            if through.map({ $0 < last }) ?? true {
                let holds = stream.held_back_by.map(\.text).joined(separator: "; ")
                throw Violation(
                    .progress,
                    "\(name) is \(stream.through), though all that was acknowledged until \(last) has landed: held back by \(holds)"
                )
            }
        }
    }

    /// Of a ledger that rots the only word of an earlier life may be lost: then people have to write that life off.
    private func mayHold(_ hold: StreamCompleteness.Hold) -> Bool {
        guard let gateway = GatewayName(hold.gateway) else { return false }
        return record.hasRotted(.ledger, on: gateway) || record.unread.contains(gateway)
    }

    private func isExplained(_ finding: Finding) -> Bool {
        guard let stream = finding.stream.flatMap({ StreamName($0) }) else { return false }
        // What a finding is about names its gateway.
        let text = "\(finding.object ?? "") \(finding.detail)"
        let hasRotted = machines.contains {
            record.hasRotted(stream, on: $0.gatewayName) && text.contains($0.name)
        }
        return switch finding.kind {
        // A running gateway's last facts have not landed yet. And what a disk damaged is missing, by name where anything could
        // tell, or was forgotten and taken again: which, is checked above.
        case .gap:
            (stream == .ledger && finding.detail.hasSuffix("has not landed")) || hasRotted
        case .duplicate: hasRotted || !record.forgettable.isEmpty
        case .damaged, .trailBroken: hasRotted
        default: false
        }
    }

    func audit() async throws(Violation) -> AuditReport {
        do {
            return try await LandingAudit.run(
                plan.zones.map { AuditZone(BucketReader(objects: buckets[$0]!.objects), name: $0) })
        } catch {
            throw Violation(.verified, "verify: \(error)")
        }
    }

    /// By place, as the zone now has them.
    func landedKeys(_ stream: StreamName) throws(Violation) -> [Place: Set<String>] {
        let bucket = bucket(of: stream)
        var landed: [Place: Set<String>] = [:]
        for name in bucket.objects.keys.sorted() where name.hasPrefix("\(stream)/") {
            landed[place(of: name, stream), default: []].formUnion(try bucket.keys(of: name))
        }
        return landed
    }
}
