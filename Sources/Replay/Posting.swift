import Audit
package import Curl
package import Landing
import Model

/// Sends the batches of one object after another, several at once. Not for concurrent use.
package final class Posting<HTTP: HTTPClient> {
    package var report: PostReport

    private let poster: BatchPoster<HTTP>?
    private let width: Int
    private let selection: ReplaySelection
    private let producer: String?
    private let time = SystemTime()
    private var pace: Pace
    private var waiting: [Item] = []
    private var waitingBytes = 0

    private struct Item: Sendable {
        var object: String
        var batch: LandedBatch
    }

    /// - Parameters:
    ///   - poster: nil: nothing is sent.
    ///   - width: batches on their way at once.
    ///   - rate: events per second at most; 0 is no limit.
    ///   - producer: only this one's batches.
    package init(
        _ poster: BatchPoster<HTTP>?, width: Int, rate: Double, selection: ReplaySelection, producer: String? = nil
    ) {
        self.poster = poster
        self.width = width
        self.selection = selection
        self.producer = producer
        pace = Pace(eventsPerSecond: rate)
        report = PostReport(dry_run: poster == nil)
    }

    /// Sends the object's batches, or keeps some to be sent with the next object's. Throws what makes going on pointless.
    package func post(_ object: StoredObject, of zone: any LandingZoneReader) async throws {
        report.tally.objects += 1
        report.tally.bytes += object.length
        var reader = BlockReader(zone, object)
        do {
            while let batches = try await reader.next({ try LandedBatch.batches(in: $0) }) {
                for batch in batches where isMeant(batch) {
                    waiting.append(Item(object: object.name, batch: batch))
                    waitingBytes += batch.body.count
                }
                if waiting.count >= 8 * width || waitingBytes >= Self.waitingBytesMax { try await flush() }
            }
        } catch let fault as ObjectFault {
            report.tally.add(.init(object.name, "its bytes are not what a gateway wrote: \(fault)"))
        } catch let fault as BatchFault {
            report.tally.add(.init(object.name, fault.description))
        } catch is ObjectGone {
            report.tally.add(.init(object.name, "it was listed, and is gone"))
        } catch let failure as StoreFailure where failure.kind == .corrupt {
            report.tally.add(.init(object.name, failure.detail))
        }
    }

    /// Sends what was kept.
    package func flush() async throws {
        let items = waiting
        waiting = []
        waitingBytes = 0
        guard let poster else { return items.forEach { count($0.batch) } }
        var start = 0
        while start < items.count {
            // A rate holds for what is sent together.
            let group = Array(items[start..<min(start + width, items.count)])
            start += group.count
            let delay = pace.delay(events: group.reduce(0) { $0 + $1.batch.events }, now: time.monotonic())
            if delay > .zero { try await Task.sleep(for: delay) }
            try await inOrder(group, width: width) {
                await poster.post($0.batch)
            } take: {
                try self.note($0, $1)
            }
        }
    }

    private static var waitingBytesMax: Int { 32 << 20 }

    private func isMeant(_ batch: LandedBatch) -> Bool {
        selection.holds(batch.receivedAt) && (producer.map { $0 == batch.producer } ?? true)
    }

    private func count(_ batch: LandedBatch) {
        report.batches += 1
        report.events += batch.events
        report.placeholders += batch.placeholders
    }

    private func note(_ item: Item, _ verdict: PostVerdict) throws {
        count(item.batch)
        switch verdict {
        case .taken(let events, let quarantined):
            report.taken += 1
            report.events_accepted += events
            report.events_quarantined += max(0, quarantined - item.batch.placeholders)
        case .known: report.already_known += 1
        case .refused(let detail), .again(_, let detail):
            report.tally.add(.init(item.object, batch: item.batch.key, detail))
        case .hopeless(let detail):
            throw PostingFault(description: "\(item.object): batch \(item.batch.key): \(detail)")
        }
    }
}

/// Why no more batches are sent.
package struct PostingFault: Error, CustomStringConvertible {
    package var description: String
}
