package import Model

/// What an object's name says (design: landing names).
package enum ObjectName: Equatable {
    case segment(stream: StreamName, gateway: GatewayName, incarnation: Incarnation, first: UInt64, last: UInt64)
    case keyed(stream: StreamName, sha256: String)

    /// `nil` when the name is none that a gateway gives.
    package init?(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let stream = StreamName(parts[0]), parts[3].hasSuffix(".json.gz") else { return nil }
        let stem = parts[3].dropLast(".json.gz".count)
        if parts[1] == "keyed" {
            guard stem.count == 64, stem.hasPrefix(parts[2]), parts[2].count == 2 else { return nil }
            self = .keyed(stream: stream, sha256: String(stem))
            return
        }
        let fields = stem.split(separator: "_", omittingEmptySubsequences: false)
        guard parts[1].hasPrefix("date="), parts[2].hasPrefix("hour="), fields.count == 3,
            let gateway = GatewayName(fields[0]), let incarnation = Incarnation(fields[1])
        else { return nil }
        let ends = fields[2].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]),
            first <= last, last < UInt64.max
        else { return nil }
        self = .segment(stream: stream, gateway: gateway, incarnation: incarnation, first: first, last: last)
    }
}
