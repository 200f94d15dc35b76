import Model
import Payload
import Simulation
import SystemPackage

/// A bit of a journal that is another than it was.
struct Rot {
    var path: FilePath
    var stream: StreamName
    /// The events of the block that the bit is in.
    var events: [String]
    /// The block now says that a later version wrote it: then the file is left alone, until somebody moves it away.
    var looksLater: Bool

    /// Flips a bit of a sound block of one of the streams' segments; `nil` when there is none.
    static func strike(
        _ disk: SimulatedDisk, _ streams: [StreamName], _ random: inout SeededGenerator
    ) throws -> Rot? {
        let segments = disk.files().filter { path in
            streams.contains { path.string.hasPrefix("/journal/\($0)/") } && path.string.hasSuffix(".json.gz")
        }
        guard let path = segments.randomElement(using: &random) else { return nil }
        let stream = streams.first { path.string.hasPrefix("/journal/\($0)/") }!
        // What a failed sync has lost is not there to rot.
        try disk.damage(path) { _ in }
        let bytes = try disk.contents(path)
        guard let block = SoundBlocks.of(bytes).randomElement(using: &random) else { return nil }
        let events = try LandedKeys.of(Array(bytes[block]))
        try disk.flipBit(path, Int.random(in: (block.lowerBound * 8)..<(block.upperBound * 8), using: &random))
        let looksLater = isOfLaterVersion(Array(try disk.contents(path)[block]))
        return Rot(path: path, stream: stream, events: events, looksLater: looksLater)
    }

    private static func isOfLaterVersion(_ block: [UInt8]) -> Bool {
        block.withUnsafeBytes { bytes in
            do throws(BlockError) { _ = try Block.read(bytes) } catch {
                if case .unknownVersion = error { return true }
            }
            return false
        }
    }
}
