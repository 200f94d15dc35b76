import Model
import SystemPackage

/// Where one stream's journal keeps its files.
struct StreamPaths: Sendable {
    let directory: FilePath
    let damaged: FilePath
    var keys: FilePath { directory.child("keys") }

    init(journal: FilePath, stream: StreamName) {
        directory = journal.child(stream.rawValue)
        damaged = journal.child("damaged").child(stream.rawValue)
    }

    static let segmentSuffix = ".json.gz"
    static let sealedSuffix = ".json.gz.sealed"
    /// Ordinals from here on are copies of parts of other segments: first those that a salvage made of a sealed one, then those
    /// that a start made of one that was not sealed.
    static let firstSalvagedOrdinal: UInt64 = 1 << 32
    static let firstRescuedOrdinal: UInt64 = 1 << 33

    static func nextSalvagedOrdinal(after ordinals: [UInt64]) -> UInt64 {
        max(firstSalvagedOrdinal, (ordinals.filter { $0 < firstRescuedOrdinal }.max() ?? 0) + 1)
    }

    static let temporarySuffixes = [".sealing", ".rescue"]

    func segment(_ incarnation: Incarnation, _ ordinal: UInt64) -> FilePath {
        let digits = String(ordinal)
        return directory.child(
            "\(incarnation)-\(String(repeating: "0", count: max(0, 8 - digits.utf8.count)))\(digits)\(StreamPaths.segmentSuffix)"
        )
    }

    /// The incarnation and ordinal in a segment's file name.
    static func parse(_ name: String, orSidecar: Bool = false) -> (Incarnation, UInt64)? {
        if orSidecar, name.hasSuffix(sealedSuffix) { return parse(String(name.dropLast(".sealed".count))) }
        guard name.hasSuffix(segmentSuffix) else { return nil }
        let parts = name.dropLast(segmentSuffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let incarnation = Incarnation(parts[0]), let ordinal = UInt64(parts[1]) else {
            return nil
        }
        return (incarnation, ordinal)
    }
}

extension FilePath {
    /// A name in this directory. FilePath's own `appending` would also take a path apart and normalize it, which costs
    /// simulated runs in debug builds more than all the rest.
    func child(_ name: String) -> FilePath { FilePath(string + "/" + name) }

    /// The same path with `suffix` behind its last component.
    func suffixed(_ suffix: String) -> FilePath { FilePath(string + suffix) }
}
