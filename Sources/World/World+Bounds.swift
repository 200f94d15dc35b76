import Gateway
import Model
import Simulation
import SystemPackage

/// Memory and disk stay within their limits.
extension World {
    /// What the journals of a gateway hold and have promised, where there is a budget.
    func use(of machine: Machine) -> Int64? {
        plan.journalBudgetBytes == nil ? nil : machine.life?.gateway.footprint.used
    }

    /// Bytes of the segments of the stream, where it has a budget of its own.
    func held(of stream: StreamName, on machine: Machine) -> Int64? {
        plan.ownBudget?.stream == stream ? machine.life?.gateway.footprint.held[stream] : nil
    }

    /// Whatever happens, the streams of producers fill the journals no further than the budget. What a batch takes is known
    /// for sure only once it is encoded: the last ones under way may go beyond by the envelope of their events.
    ///
    /// And a stream of the lowest priority is refused once the budget is as full as it may make it, one of the highest not before.
    func checkBudget(_ outcome: BatchOutcome, of delivery: Delivery) {
        let (stream, machine) = (delivery.stream, delivery.machine)
        checkOwnBudget(outcome, of: delivery)
        guard let budget = plan.journalBudgetBytes, let footprint = machine.life?.gateway.footprint else { return }
        let held = streams.reduce(0) { $0 + (footprint.held[$1.name] ?? 0) }
        let overshoot = Int64(plan.producersPerStream) * 3 * 4096
        if held > budget + overshoot {
            violate(.bounded, "\(machine.name): the journals hold \(held) bytes, with a budget of \(budget)")
        }
        guard let before = delivery.use, let priority = streams.first(where: { $0.name == stream })?.share.priority
        else { return }
        let after = footprint.used
        let priorities = Set(streams.map(\.share.priority))
        // As docs/operations.md says it: 60 %, and the nth part of the rest.
        let lowest = Double(budget) * (0.6 + 0.4 / Double(priorities.count))
        // It is decided between sending and answering, for a batch of some size; what is less than this says nothing.
        let slack = 1000.0 * Double(plan.producersPerStream)
        switch outcome {
        case .receipt(let receipt)
        where !receipt.replayed && delivery.asked == .available && priority == priorities.min():
            summary.priorityChecks += 1
            if Double(min(before, after)) > lowest + slack {
                violate(
                    .bounded,
                    "\(machine.name): \(stream), of the lowest priority, is taken at \(before) bytes of \(budget)")
            }
        case .refused(.journalFull) where plan.hasRoomyDisk && plan.ownBudget?.stream != stream:
            summary.priorityChecks += 1
            let most = priority == priorities.max() ? Double(budget) : lowest
            if Double(max(before, after)) < most - slack {
                violate(
                    .bounded,
                    "\(machine.name): \(stream) is refused at \(before) bytes of \(budget), and has room there")
            }
        default: break
        }
    }

    /// A stream with a budget of its own fills it, and no more.
    private func checkOwnBudget(_ outcome: BatchOutcome, of delivery: Delivery) {
        guard let own = plan.ownBudget, own.stream == delivery.stream, let before = delivery.held,
            let after = held(of: own.stream, on: delivery.machine)
        else { return }
        // As above, and what is reserved ahead of writing.
        let slack = Int64(plan.producersPerStream) * 1000
        if after > own.bytes + 4096 + slack {
            violate(
                .bounded, "\(delivery.machine.name): \(own.stream) holds \(after) bytes, with a budget of \(own.bytes)")
        }
        if case .refused(.journalFull) = outcome, plan.journalBudgetBytes == nil, plan.hasRoomyDisk,
            max(before, after) < own.bytes - slack
        {
            violate(.bounded, "\(delivery.machine.name): \(own.stream) is refused at \(after) bytes of \(own.bytes)")
        }
    }

    /// What a gateway acknowledged and has not landed is on its disk, but for what rotted there.
    func checkKept(on machine: Machine) {
        for stream in journaled {
            let place = Place(stream: stream, gateway: machine.gatewayName)
            var waiting: [String] = []
            for (batch, told) in record.acknowledged[stream] ?? [:] where batch.gateway == machine.gatewayName {
                waiting += told.events.filter { !(landed[place]?.contains($0) ?? false) && !record.rotted.contains($0) }
            }
            guard !waiting.isEmpty else { continue }
            summary.keptChecks += 1
            let kept = kept(of: stream, on: machine)
            if let missing = waiting.filter({ !kept.contains($0) }).min() {
                violate(
                    .kept,
                    "\(machine.name): \(missing) of \(stream) was acknowledged, has not landed, and is not on the disk")
            }
        }
    }

    private func kept(of stream: StreamName, on machine: Machine) -> Set<String> {
        var kept: Set<String> = []
        for path in machine.disk.files() where path.string.hasPrefix("/journal/\(stream)/") {
            guard path.string.hasSuffix(".json.gz"), let bytes = try? machine.disk.contents(path) else { continue }
            for block in SoundBlocks.around(damageIn: bytes) {
                kept.formUnion((try? LandedKeys.of(Array(bytes[block]))) ?? [])
            }
        }
        return kept
    }

    /// With every answer: what is remembered and promised is bounded by what producers have sent and wait for.
    func checkMemory(of machine: Machine) throws(Violation) {
        guard let footprint = machine.life?.gateway.footprint else { return }
        try checkRemembered(footprint, of: machine)
        let underWay = footprint.underWay.values.reduce(0, +)
        // A request that its producer has given up may still be worked on.
        if underWay > 3 * producers.count {
            throw Violation(
                .bounded, "\(machine.name): \(underWay) batches are worked on, for \(producers.count) producers")
        }
        if footprint.promised > Int64(underWay) * 1024 {
            throw Violation(
                .bounded, "\(machine.name): \(footprint.promised) bytes are promised to \(underWay) batches")
        }
    }

    private func checkRemembered(_ footprint: Footprint, of machine: Machine) throws(Violation) {
        for (stream, count) in footprint.remembered where count > (record.batchesOffered[stream] ?? 0) {
            throw Violation(.bounded, "\(machine.name): remembers \(count) batches of \(stream), more than were sent")
        }
    }

    /// Everything has landed, nobody waits: nothing is kept but what the window asks for and the gateway's own last facts.
    func checkFootprint(of machine: Machine) throws(Violation) {
        guard let footprint = machine.life?.gateway.footprint else { return }
        if footprint.promised != 0 {
            throw Violation(
                .bounded, "\(machine.name): \(footprint.promised) bytes are promised to batches that are no more")
        }
        if let stuck = footprint.underWay.first(where: { $0.value > 0 }) {
            throw Violation(.bounded, "\(machine.name): \(stuck.value) batches of \(stuck.key) are worked on for ever")
        }
        if footprint.damaged != 0 {
            throw Violation(.bounded, "\(machine.name): \(footprint.damaged) damaged segments are not taken apart")
        }
        try checkRemembered(footprint, of: machine)
        let sizes = segmentBytes(of: machine)
        for (stream, held) in footprint.held {
            let there = sizes[stream] ?? 0
            // A disk that failed may have kept a file that holds nothing; a version that rotted is left for people to look at.
            let mayBeMore = plan.hasDiskFaults || record.hasRotted(stream, on: machine.gatewayName)
            guard held == there || (mayBeMore && 0...there ~= held) else {
                throw Violation(
                    .bounded, "\(machine.name): \(stream) counts \(held) bytes of segments, and \(there) are there")
            }
        }
    }

    /// At the end a disk holds the open segments, keys in proportion to the batches, and a handful of small files: no litter.
    func checkDisk(of machine: Machine) throws(Violation) {
        var keyBytes: [StreamName: Int] = [:]
        var keyFiles: [StreamName: Int] = [:]
        let files = machine.disk.files()
        let journals = Set((journaled + [.ledger, .trail, .quarantine]).map(\.description))
        for path in files {
            let parts = path.components.map(\.string)
            // A disk that fails may keep what was to go; what rotted is kept for people.
            let mayStay =
                plan.hasDiskFaults
                || (parts.dropFirst().first == "damaged" && record.rottedStreams[machine.gatewayName] != nil)
            // What a crash left half written has one name, and the next writing takes it.
            let file = parts.last?.replacing(".new", with: "") ?? ""
            switch parts.count {
            case 2 where ["trail-head.json", "reserve", "lock"].contains(file): continue
            case 3 where parts[1] == ".zones" && plan.zones.contains { file == "\($0).json" }: continue
            case 3 where journals.contains(parts[1]) && file.hasSuffix(".json.gz"): continue
            case 3 where journals.contains(parts[1]) && file.hasSuffix(".sealed"):
                if files.contains(path.removingLastComponent().appending(String(file.dropLast(7)))) { continue }
            case 4 where parts[2] == "keys" && (file.hasSuffix(".keys") || file == "retired"):
                guard let stream = StreamName(parts[1]) else { continue }
                keyBytes[stream, default: 0] += (try? machine.disk.contents(path).count) ?? 0
                keyFiles[stream, default: 0] += 1
                continue
            default: break
            }
            if !mayStay { throw Violation(.bounded, "\(machine.name): \(path) is left on the disk") }
        }
        for stream in journaled {
            let batches = record.batchesOffered[stream] ?? 0
            let (bytes, files) = (keyBytes[stream] ?? 0, keyFiles[stream] ?? 0)
            if bytes > 256 * (batches + files) {
                throw Violation(
                    .bounded, "\(machine.name): \(bytes) bytes in \(files) logs of keys, for \(batches) batches")
            }
        }
    }

    private func segmentBytes(of machine: Machine) -> [StreamName: Int64] {
        var sizes: [StreamName: Int64] = [:]
        for path in machine.disk.files() {
            // /journal/<stream>/<segment>.json.gz
            let parts = path.components.map(\.string)
            guard parts.count == 3, parts[0] == "journal", parts[2].hasSuffix(".json.gz"),
                let stream = StreamName(parts[1])
            else { continue }
            sizes[stream, default: 0] += Int64((try? machine.disk.contents(path).count) ?? 0)
        }
        return sizes
    }
}

extension Footprint {
    /// As the budget counts it.
    fileprivate var used: Int64 { held.values.reduce(promised, +) }
}
