import Files
import Model
import SystemPackage

/// `keys/retired`: which sequences have landed and are gone, once the window of their keys has ended, of lives of which anything is
/// left or whose end nobody has stated. Recovery needs it: what is behind a segment that is still there would look lost.
struct RetiredDocument: Codable, Equatable {
    struct Life: Codable, Equatable {
        /// Hex.
        var incarnation: String
        /// In order, apart: first, and the one after the last.
        var ranges: [[UInt64]]
    }

    var format = 1
    var lives: [Life] = []

    init(_ retired: RetiredRanges) {
        lives = retired.incarnations.sorted { $0.rawValue < $1.rawValue }.map { incarnation in
            Life(
                incarnation: incarnation.description,
                ranges: retired.joined(incarnation).map { [$0.first, $0.end] })
        }
    }

    /// What a journal has of it.
    enum Found {
        case ranges(RetiredRanges)
        case damaged(KeyDamage)
        /// Of a format that this version does not know.
        case later(KeyDamage)
    }

    static func find<FS: FileSystem>(_ path: FilePath, in files: FS) throws(FileError) -> Found {
        guard let size = try files.statusIfThere(path)?.size else { return .ranges(RetiredRanges()) }
        func damage(_ reason: KeyDamage.Retired) -> KeyDamage {
            KeyDamage(file: path.string, offset: 0, bytes: size, isTail: false, batchesMax: 0, retired: reason)
        }
        guard size <= bytesMax, let bytes = try files.contents(of: path, limit: bytesMax),
            let version = ChecksummedLine.decode(Version.self, bytes)
        else { return .damaged(damage(.damaged)) }
        if version.format != 1 { return .later(damage(.laterVersion)) }
        guard let ranges = ChecksummedLine.decode(RetiredDocument.self, bytes)?.retired else {
            return .damaged(damage(.damaged))
        }
        return .ranges(ranges)
    }

    private struct Version: Decodable {
        var format: Int
    }

    /// Of one that is read; a journal makes none that is nearly as long.
    private static let bytesMax = 16 << 20

    private var retired: RetiredRanges? {
        var retired = RetiredRanges()
        for life in lives {
            guard let incarnation = Incarnation(life.incarnation) else { return nil }
            for range in life.ranges {
                guard range.count == 2, range[0] < range[1] else { return nil }
                retired.add(incarnation, SequenceRange(first: range[0], count: range[1] - range[0]))
            }
        }
        return retired
    }
}
