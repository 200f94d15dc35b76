import Gateway
import Model
import Simulation
import SystemPackage

/// Memory and disk stay within their limits.
extension World {
    /// Whatever happens, the streams of producers fill the journals no further than the budget. What a batch takes is known
    /// for sure only once it is encoded: the last ones under way may go beyond by the envelope of their events.
    func checkBudget(of region: Region) {
        guard let budget = plan.journalBudgetBytes, let footprint = region.life?.gateway.footprint else { return }
        let held = streams.reduce(0) { $0 + (footprint.held[$1.name] ?? 0) }
        if held > budget + 3 * 4096 {
            violate("\(region.name): the journals hold \(held) bytes, with a budget of \(budget)")
        }
    }

    /// Everything has landed, nobody waits: nothing is kept but what the window asks for and the gateway's own last facts.
    func checkFootprint(of region: Region) throws(Violation) {
        guard let footprint = region.life?.gateway.footprint else { return }
        if footprint.promised != 0 {
            throw Violation("\(region.name): \(footprint.promised) bytes are promised to batches that are no more")
        }
        if let stuck = footprint.underWay.first(where: { $0.value > 0 }) {
            throw Violation("\(region.name): \(stuck.value) batches of \(stuck.key) are worked on for ever")
        }
        if footprint.damaged != 0 {
            throw Violation("\(region.name): \(footprint.damaged) damaged segments are not taken apart")
        }
        for (stream, count) in footprint.remembered where count > (record.batchesOffered[stream] ?? 0) {
            throw Violation("\(region.name): remembers \(count) batches of \(stream), more than were sent")
        }
        let sizes = segmentBytes(of: region)
        for (stream, held) in footprint.held {
            let there = sizes[stream] ?? 0
            // A disk that failed may have kept a file that holds nothing; a version that rotted is left for people to look at.
            let mayBeMore = plan.hasDiskFaults || record.rottedStreams.contains(stream)
            guard held == there || (mayBeMore && 0...there ~= held) else {
                throw Violation("\(region.name): \(stream) counts \(held) bytes of segments, and \(there) are there")
            }
        }
    }

    private func segmentBytes(of region: Region) -> [StreamName: Int64] {
        var sizes: [StreamName: Int64] = [:]
        for path in region.disk.files() {
            // /journal/<stream>/<segment>.json.gz
            let parts = path.components.map(\.string)
            guard parts.count == 3, parts[0] == "journal", parts[2].hasSuffix(".json.gz"),
                let stream = StreamName(parts[1])
            else { continue }
            sizes[stream, default: 0] += Int64((try? region.disk.contents(path).count) ?? 0)
        }
        return sizes
    }
}
