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
        let known = bucket.gateways
        for stream in report.streams {
            guard let name = StreamName(stream.stream), let text = stream.complete_through,
                let through = Timestamp(rfc3339: text), let acknowledged = record.acknowledged[name]
            else { continue }
            let landed = Set(try landedKeys(name))
            for (key, batch) in acknowledged.sorted(by: { $0.key < $1.key })
            where batch.at < through && known.contains(batch.by) {
                if let missing = batch.events.first(where: { !landed.contains($0) && !record.rotted.contains($0) }) {
                    throw Violation(
                        "\(name) is said to be complete through \(through), and \(missing) of \(key) is missing")
                }
            }
            summary.truthChecks += 1
        }
    }

    func reckon() async throws(Violation) {
        for stream in streams {
            let landed = try landedKeys(stream.name)
            let seen = Set(landed)
            for (key, batch) in (record.acknowledged[stream.name] ?? [:]).sorted(by: { $0.key < $1.key }) {
                if let missing = batch.events.first(where: { !seen.contains($0) && !record.rotted.contains($0) }) {
                    throw Violation("\(stream.name): \(missing) of \(key) was acknowledged and never landed")
                }
            }
            let offered = record.offered[stream.name] ?? []
            if let stranger = landed.first(where: { !offered.contains($0) }) {
                throw Violation("\(stream.name): \(stranger) landed and was never sent")
            }
        }
        let report = try await audit()
        if let finding = report.findings.first(where: { !isExplained($0) }) {
            throw Violation(
                "sluice verify: \(finding.kind.rawValue) \(finding.stream ?? "") \(finding.object ?? "") \(finding.detail)"
            )
        }
        if !plan.hasClockJumps {
            try checkTruthfulness(of: report)
            try checkProgress(of: report)
        }
    }

    /// Nothing holds complete-through back for good: once all has landed and everybody has stated positions since, it has passed
    /// all that was acknowledged.
    private func checkProgress(of report: AuditReport) throws(Violation) {
        // Of a ledger that rots the only word of an earlier life may be lost: then people have to write that life off.
        if record.rottedStreams.contains(.ledger) || record.hasUnread { return }
        for stream in report.streams {
            guard let name = StreamName(stream.stream),
                let last = record.acknowledged[name]?.values.map(\.at).max()
            else { continue }
            let through = stream.complete_through.flatMap { Timestamp(rfc3339: $0) }
            if through.map({ $0 < last }) ?? true {
                let holds = stream.held_back_by.map(\.text).joined(separator: "; ")
                throw Violation(
                    "\(name) is \(stream.through), though all that was acknowledged until \(last) has landed: held back by \(holds)"
                )
            }
        }
    }

    private func isExplained(_ finding: Finding) -> Bool {
        guard let stream = finding.stream.flatMap({ StreamName($0) }) else { return false }
        return switch finding.kind {
        // A running gateway's last facts have not landed yet: the ledger's own tail is no finding. And what a disk damaged is
        // missing, by name where anything could tell, or was forgotten and taken again: which, is checked above.
        case .gap: stream == .ledger || record.rottedStreams.contains(stream)
        case .damaged, .duplicate, .trailBroken: record.rottedStreams.contains(stream)
        default: false
        }
    }

    private func audit() async throws(Violation) -> AuditReport {
        do { return try await LandingAudit.run([AuditZone(BucketReader(objects: bucket.objects))]) } catch {
            throw Violation("verify: \(error)")
        }
    }

    func landedKeys(_ stream: StreamName) throws(Violation) -> [String] {
        var landed: [String] = []
        for name in bucket.objects.keys.sorted() where name.hasPrefix("\(stream)/") { landed += try keys(of: name) }
        return landed
    }

    func keys(of object: String) throws(Violation) -> [String] {
        if let known = keysOfObject[object] { return known }
        do {
            let keys = try LandedKeys.of(bucket.objects[object] ?? [])
            keysOfObject[object] = keys
            return keys
        } catch { throw Violation("\(object) can't be read: \(error)") }
    }
}
