package import Model

/// What an object's name says (design: landing names).
package enum LandedName: Equatable, Sendable {
    case segment(SegmentName)
    case keyed(stream: StreamName, sha256: String)

    /// `nil` when the name is none that a gateway gives.
    package init?(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let stream = StreamName(parts[0]), parts[3].hasSuffix(".json.gz") else { return nil }
        let stem = parts[3].dropLast(".json.gz".count)
        if parts[1] == "keyed" {
            guard stem.count == 64, stem.hasPrefix(parts[2]), parts[2].count == 2, stem.allSatisfy(\.isHexDigit) else {
                return nil
            }
            self = .keyed(stream: stream, sha256: String(stem))
            return
        }
        let fields = stem.split(separator: "_", omittingEmptySubsequences: false)
        guard let hour = LandingHour(date: parts[1], hour: parts[2]), fields.count == 3,
            let gateway = GatewayName(fields[0]), let incarnation = Incarnation(fields[1])
        else { return nil }
        let ends = fields[2].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]),
            first <= last, last < UInt64.max
        else { return nil }
        let segment = SegmentName(
            life: Life(gateway: gateway, incarnation: incarnation, stream: stream), hour: hour, first: first, last: last
        )
        // `00-9` and `+0-9` are numbers, but not a gateway's.
        guard segment.description == name else { return nil }
        self = .segment(segment)
    }

    package var stream: StreamName {
        switch self {
        case .segment(let segment): segment.life.stream
        case .keyed(let stream, _): stream
        }
    }
}

/// The name of an available stream's object. Small, so that millions can be kept.
package struct SegmentName: Hashable, Sendable, CustomStringConvertible {
    package var life: Life
    package var hour: LandingHour
    package var first: UInt64
    package var last: UInt64

    package var range: SequenceRange { SequenceRange(first: first, count: last - first + 1) }
    package var description: String {
        "\(life.stream)/\(hour)/\(life.gateway)_\(life.incarnation)_\(first)-\(last).json.gz"
    }
}
