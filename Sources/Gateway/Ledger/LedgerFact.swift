package import Model

/// One line of the `_ledger` stream: what this gateway acknowledged, sealed and landed. Its `fact_id` names the fact,
/// so a fact that is written again after a crash has the same event key and counts once.
package enum LedgerFact: Sendable {
    /// What a sealed segment holds; the same values stand in its sidecar.
    package struct Segment: Sendable {
        package var stream: StreamName
        /// Where it lands.
        package var zone: ZoneName
        package var incarnation: Incarnation
        package var object: String
        package var range: SequenceRange
        package var batches: Int
        package var bytes: Int64
        package var sha256: String
        package var receivedFirst: Timestamp
        package var receivedLast: Timestamp
        package var eventTimes: ClosedRange<Timestamp>?

        package init(
            stream: StreamName, zone: ZoneName, incarnation: Incarnation, object: String, range: SequenceRange,
            batches: Int,
            bytes: Int64, sha256: String, receivedFirst: Timestamp, receivedLast: Timestamp,
            eventTimes: ClosedRange<Timestamp>?
        ) {
            self.stream = stream
            self.zone = zone
            self.incarnation = incarnation
            self.object = object
            self.range = range
            self.batches = batches
            self.bytes = bytes
            self.sha256 = sha256
            self.receivedFirst = receivedFirst
            self.receivedLast = receivedLast
            self.eventTimes = eventTimes
        }
    }

    /// Nothing is acknowledged in this life before `at`: whenever the line is written, complete-through may rest on it.
    case incarnationOpened(version: String, at: Timestamp)
    /// Everything up to, not including, `nextSequence` was acknowledged as of the time of the line.
    case position(stream: StreamName, nextSequence: UInt64)
    /// No sequence at or after `nextSequence` exists in this incarnation. `how`: `stopped` or `recovered`.
    case incarnationEnded(stream: StreamName, incarnation: Incarnation, nextSequence: UInt64, how: String)
    case segmentSealed(Segment)
    case objectLanded(Segment)
    /// A strong stream's batch exists in the landing zone.
    case batchLanded(
        stream: StreamName, zone: ZoneName, object: String, batchKey: String, producer: String, events: Int)
    /// Acknowledged events that the disk lost. `end` is exclusive.
    case rangeDamaged(
        stream: StreamName, incarnation: Incarnation, first: UInt64, end: UInt64, file: String, reason: String)
    /// Keys of landed batches that the disk lost, at most `batchesMax`: those batches would be taken again.
    case keysDamaged(stream: StreamName, file: String, offset: Int64, bytes: Int64, batchesMax: Int)

    #if SLUICE_CANARIES
        var isPosition: Bool { if case .position = self { true } else { false } }
    #endif

    /// The fact as a JSON object on one line.
    package func line(gateway: GatewayName, incarnation own: Incarnation, at time: Timestamp) -> String {
        var json = JSONText()
        func begin(_ fact: String, _ id: String, incarnation: Incarnation, at time: Timestamp = time) {
            json.add("fact", fact)
            json.add("fact_id", "\(gateway)/\(incarnation)/\(id)")
            json.add("gateway", gateway.rawValue)
            json.add("incarnation", incarnation.description)
            json.add("at", time.description)
        }
        switch self {
        case .incarnationOpened(let version, let opened):
            begin("incarnation_opened", "opened", incarnation: own, at: opened)
            json.add("version", version)
        case .position(let stream, let next):
            begin("position", "position/\(stream)/\(time)", incarnation: own)
            json.add("stream", stream.rawValue)
            json.add("next_sequence", next)
        case .incarnationEnded(let stream, let incarnation, let next, let how):
            begin("incarnation_ended", "ended/\(stream)", incarnation: incarnation)
            json.add("stream", stream.rawValue)
            json.add("next_sequence", next)
            json.add("how", how)
        case .segmentSealed(let segment):
            begin("segment_sealed", "sealed/\(segment.object)", incarnation: segment.incarnation)
            LedgerFact.add(segment, to: &json)
        case .objectLanded(let segment):
            begin("object_landed", "landed/\(segment.object)", incarnation: segment.incarnation)
            LedgerFact.add(segment, to: &json)
        case .batchLanded(let stream, let zone, let object, let batchKey, let producer, let events):
            begin("batch_landed", "landed/\(object)", incarnation: own)
            json.add("stream", stream.rawValue)
            json.add("zone", zone.rawValue)
            json.add("object", object)
            json.add("batch_key", batchKey)
            json.add("producer", producer)
            json.add("events", events)
        case .rangeDamaged(let stream, let incarnation, let first, let end, let file, let reason):
            begin("range_damaged", "damaged/\(stream)/\(first)-\(end)", incarnation: incarnation)
            json.add("stream", stream.rawValue)
            json.add("first", first)
            json.add("end", end)
            json.add("file", file)
            json.add("reason", reason)
        case .keysDamaged(let stream, let file, let offset, let bytes, let batchesMax):
            // The file's own name only: an event key has to be short.
            let name = file.split(separator: "/").last ?? ""
            begin("keys_damaged", "keys_damaged/\(stream)/\(name)/\(offset)", incarnation: own)
            json.add("stream", stream.rawValue)
            json.add("file", file)
            json.add("offset", offset)
            json.add("bytes", bytes)
            json.add("batches_max", batchesMax)
        }
        return json.closed
    }

    private static func add(_ segment: Segment, to json: inout JSONText) {
        json.add("stream", segment.stream.rawValue)
        json.add("zone", segment.zone.rawValue)
        json.add("object", segment.object)
        json.add("first", segment.range.first)
        json.add("end", segment.range.end)
        json.add("events", segment.range.count)
        json.add("batches", segment.batches)
        json.add("bytes", segment.bytes)
        json.add("sha256", segment.sha256)
        json.add("received_first", segment.receivedFirst.description)
        json.add("received_last", segment.receivedLast.description)
        if let times = segment.eventTimes {
            json.add("event_time_first", times.lowerBound.description)
            json.add("event_time_last", times.upperBound.description)
        }
    }
}
