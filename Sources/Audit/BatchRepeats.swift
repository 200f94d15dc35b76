import Model

/// Finds batches that landed twice from one gateway, stream by stream.
struct BatchRepeats {
    struct Repeat {
        var object: SegmentName
        var earlier: SegmentName
    }

    private struct Place: Hashable {
        var stream: StreamName
        var gateway: GatewayName
    }

    private var stream: StreamName?
    private var finders: [Place: RepeatFinder] = [:]
    private var objects: [SegmentName] = []

    /// Takes an object's batches; objects come stream by stream, hour by hour. Returns what the end of the stream before
    /// brought to light.
    mutating func add(_ entries: [BatchEntry], of object: SegmentName) -> [Repeat] {
        let found = stream == object.life.stream ? [] : settle()
        stream = object.life.stream
        objects.append(object)
        finders[Place(stream: object.life.stream, gateway: object.life.gateway), default: RepeatFinder()].add(
            entries, of: objects.count - 1, in: object.hour)
        return found
    }

    /// Finds the repeats of the stream so far, and forgets it.
    mutating func settle() -> [Repeat] {
        var found: [Repeat] = []
        for place in finders.keys.sorted(by: { ($0.stream, $0.gateway.rawValue) < ($1.stream, $1.gateway.rawValue) }) {
            finders[place]!.settle()
            found += finders[place]!.repeats.map { Repeat(object: objects[$0.object], earlier: objects[$0.earlier]) }
        }
        finders.removeAll()
        objects.removeAll()
        stream = nil
        return found
    }
}
