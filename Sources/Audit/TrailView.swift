import Foundation
import Model

/// What all `_trail` lines together say: whether each gateway's chain is whole.
///
/// Each entry carries the SHA-256 of the one before it, so a line that was changed, left out, put in or moved shows. A
/// line that is there twice with the same bytes is no fault: it was written again after a crash.
struct TrailView {
    /// One entry, as far as checking needs it.
    struct Line: Sendable {
        fileprivate var sha256: String
        fileprivate var payload: Payload

        private static let marker = Data("\"payload\":".utf8)

        /// `nil` when it is no entry of a trail.
        init?(_ line: Data) {
            // The payload's own bytes, as they were hashed: from the first marker (none can stand before it, since quotes
            // in strings are escaped) to the brace that closes the line.
            guard let marker = line.range(of: Line.marker), line.last == UInt8(ascii: "}") else { return nil }
            let bytes = line[marker.upperBound..<line.index(before: line.endIndex)]
            guard let payload = try? JSONDecoder().decode(Payload.self, from: bytes), payload.number > 0 else {
                return nil
            }
            self.payload = payload
            sha256 = hexText(SHA256.hash(Array(bytes)))
        }
    }
    fileprivate struct Payload: Decodable, Sendable {
        var gateway: String
        var chain: String
        var number: UInt64
        var previous: String
        var action: String
    }

    private static let origin = String(repeating: "0", count: 64)

    private var chains: [String: [String: [UInt64: Line]]] = [:]
    private(set) var faults: [String] = []

    mutating func add(_ line: Line) {
        let payload = line.payload
        if let known = chains[payload.gateway]?[payload.chain]?[payload.number] {
            if known.sha256 != line.sha256 {
                faults.append(
                    "\(payload.gateway): entry \(payload.number) of chain \(payload.chain) is there twice, and differs")
            }
            return
        }
        chains[payload.gateway, default: [:]][payload.chain, default: [:]][payload.number] = line
    }

    /// Everything wrong, once all lines are in. `fromAnywhere`: the first entries need not be there.
    func conclude(fromAnywhere: Bool = false) -> [String] {
        var found = faults
        for (gateway, chains) in chains.sorted(by: { $0.key < $1.key }) {
            if chains.count > 1 {
                found.append(
                    "\(gateway): \(chains.count) chains (\(chains.keys.sorted().joined(separator: ", "))): the head was lost, or two gateways share the name"
                )
            }
            for (chain, entries) in chains.sorted(by: { $0.key < $1.key }) {
                found += TrailView.check(entries, fromAnywhere).map { "\(gateway), chain \(chain): \($0)" }
            }
        }
        return found
    }

    private static func check(_ entries: [UInt64: Line], _ fromAnywhere: Bool) -> [String] {
        var found: [String] = []
        var last: UInt64 = 0
        var sha256 = origin
        for (number, entry) in entries.sorted(by: { $0.key < $1.key }) {
            if fromAnywhere, last == 0 {
                // Nothing is known of what came before.
            } else if number != last + 1 {
                found.append(
                    number == last + 2
                        ? "entry \(last + 1) is missing" : "entries \(last + 1) to \(number - 1) are missing")
            } else if entry.payload.previous != sha256 {
                found.append(
                    "entry \(number) (\(entry.payload.action)) does not follow the bytes of entry \(last): one was changed"
                )
            }
            last = number
            sha256 = entry.sha256
        }
        return found
    }
}
