import Journal
import Landing
import Model
import SystemPackage

/// What an earlier life left goes to the landing zone.
extension Gateway {
    /// Hands what recovery found to the landing zone.
    func resume(_ opened: OpenedStream<FS, Time>) {
        resume(opened.report.sealed, of: opened)
        salvageDamaged(of: opened)
    }

    /// Of the ledger's: as long as each life has its last, the next start, should this one die, knows of which lives it has to
    /// speak. The others make room where the disk is too full for this life's first facts. Where a life has lost something, its
    /// segments tell what, and all of them wait.
    func resumeAllButLastSegments(of ledger: OpenedStream<FS, Time>) {
        let waiting = waiting(of: ledger)
        resume(ledger.report.sealed.filter { !waiting.contains($0.path) }, of: ledger)
    }

    /// Once this life's first facts are durable.
    func resumeLastSegments(of ledger: OpenedStream<FS, Time>) {
        let waiting = waiting(of: ledger)
        resume(ledger.report.sealed.filter { waiting.contains($0.path) }, of: ledger)
        salvageDamaged(of: ledger)
    }

    private func waiting(of ledger: OpenedStream<FS, Time>) -> Set<FilePath> {
        let last = Dictionary(ledger.report.sealed.map { ($0.incarnation, $0) }) {
            $0.range.end > $1.range.end ? $0 : $1
        }
        let lossy = Set(ledger.report.damages.map(\.incarnation))
        return Set(last.values.map(\.path))
            .union(ledger.report.sealed.lazy.filter { lossy.contains($0.incarnation) }.map(\.path))
    }

    private func resume(_ segments: [SealedSegment], of opened: OpenedStream<FS, Time>) {
        let lander = zones[opened.stream.configuration.zone].lander
        let copies = Set(opened.report.rescues.flatMap { $0.copies.map(\.path) })
        for segment in segments where !copies.contains(segment.path) {
            lander.add(segment, writer: opened.stream.writer)
        }
    }

    private func salvageDamaged(of opened: OpenedStream<FS, Time>) {
        let lander = zones[opened.stream.configuration.zone].lander
        for segment in opened.report.damagedSealed {
            lander.beginSalvage()
            salvage(segment, opened.stream.writer)
        }
    }
}
