import Files
import Journal
import Landing
import Logging
import Model

/// Sealed segments that the disk damaged, found at a start or when they were sent.
extension Gateway {
    /// If the landing zone holds it, it is only to be retired; if not, it is taken apart, and what is sound of it lands.
    func salvage(_ segment: SealedSegment, _ writer: StreamWriter<FS, Time>) {
        let lander = zones[recovered(writer.stream)?.configuration.zone ?? configuration.ownZone].lander
        log.error(
            "a sealed segment is damaged on disk; asking the landing zone whether it holds it",
            metadata: ["file": "\(segment.path)", "object": "\(segment.objectName)"])
        lander.inspect(segment) { [self] outcome in
            switch outcome {
            case .present(let length, let sha256) where length == segment.length && sha256 == segment.sha256:
                lander.endSalvage(alreadyLanded: segment, writer: writer)
            case .present, .absent: takeApart(segment, writer, lander)
            case .failed(let failure):
                log.warning("could not ask the landing zone; will try again", metadata: ["error": "\(failure.detail)"])
                timers.after(.seconds(5)) { [weak self] in self?.salvage(segment, writer) }
            }
        }
    }

    /// Once begun it is carried through: nobody asks the zone again, for copies may have been made.
    private func takeApart(
        _ segment: SealedSegment, _ writer: StreamWriter<FS, Time>, _ lander: Lander<FS, Store, Time>
    ) {
        writer.salvage(segment) { [self] result in
            switch result {
            case .success(let salvage):
                // What is lost has a name in the ledger before the evidence goes.
                record(salvage.damages.map { damaged(writer.stream, $0) }) { [weak self] in
                    self?.setAside(segment, salvage, writer, lander)
                }
            case .failure(let error):
                log.error("could not salvage; will try again", metadata: ["error": "\(error)"])
                timers.after(.seconds(10)) { [weak self] in self?.takeApart(segment, writer, lander) }
            }
        }
    }

    private func setAside(
        _ segment: SealedSegment, _ salvage: Salvage, _ writer: StreamWriter<FS, Time>,
        _ lander: Lander<FS, Store, Time>
    ) {
        writer.endSalvage(of: segment) { [self] error in
            guard let error else {
                recovered(writer.stream)?.landing.replace(segment, by: salvage.sealed)
                return lander.endSalvage(into: salvage.sealed, writer: writer)
            }
            log.error("could not set a damaged segment aside; will try again", metadata: ["error": "\(error)"])
            timers.after(.seconds(10)) { [weak self] in self?.setAside(segment, salvage, writer, lander) }
        }
    }

    /// What recovery copied out of damaged segments counts as not landed, and waits.
    func beginRescues(of opened: OpenedStream<FS, Time>) {
        for _ in opened.report.rescues { zones[opened.stream.configuration.zone].lander.beginSalvage() }
    }

    /// What recovery copied out of damaged segments lands now that the ledger names what was lost.
    func endRescues(of opened: OpenedStream<FS, Time>) {
        for rescue in opened.report.rescues { end(rescue, opened) }
    }

    private func end(_ rescue: RecoveryReport.Rescue, _ opened: OpenedStream<FS, Time>) {
        opened.stream.writer.setAside(rescue.original) { [self] error in
            guard let error else {
                return zones[opened.stream.configuration.zone].lander.endSalvage(
                    into: rescue.copies, writer: opened.stream.writer)
            }
            log.error("could not set a damaged segment aside; will try again", metadata: ["error": "\(error)"])
            timers.after(.seconds(10)) { [weak self] in self?.end(rescue, opened) }
        }
    }

    /// The stream of this name that has a journal; `nil` for the ledger, which nobody waits for.
    private func recovered(_ name: StreamName) -> AvailableStream<FS, Time>? {
        available[name] ?? ([quarantine, trail.stream] + orphans).first { $0.configuration.name == name }
    }

    func damaged(_ stream: StreamName, _ damage: RecoveryReport.Damage) -> LedgerFact {
        log.critical(
            "acknowledged events were lost by the disk",
            metadata: [
                "stream": "\(stream)", "incarnation": "\(damage.incarnation)", "sequences": "\(damage.range)",
                "file": "\(damage.file)", "reason": "\(damage.reason)",
            ])
        return .rangeDamaged(
            stream: stream, incarnation: damage.incarnation, first: damage.range.first, end: damage.range.end,
            file: damage.file, reason: damage.reason)
    }
}
