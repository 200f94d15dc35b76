import Files
import Foundation
import Model
import SystemPackage

/// Where the chain stands, in a small synced file beside the journal: written before a line goes to the journal, and
/// again once the line is durable there.
///
/// A crash between the two leaves the line `pending`. At the next start the journal's own memory of batch keys tells
/// whether the line is in it; if not, the same line is written, so the chain has neither a hole nor a fork. A write that failed may
/// be in the journal too, if the life died before another took its place: the chain then goes on from that line.
struct TrailHead: Codable, Sendable {
    /// Lines kept for people to look at.
    static let linesKept = 200

    var version = 1
    var chain: String
    var number: UInt64
    /// Of the last of `lines`.
    var sha256: String
    var pending: Bool
    /// The last lines, oldest first; the last one is `number`.
    var lines: [String]
    /// Earlier tries at the pending line that failed, oldest first: the journal may hold one of them in its place. The newest
    /// ``linesKept`` of them.
    var doubtful: [String]?

    var position: TrailChain { TrailChain(id: chain, number: number, sha256: sha256) }

    init(chain: TrailChain, pending: Bool, lines: [String], doubtful: [String] = []) {
        self.chain = chain.id
        number = chain.number
        sha256 = chain.sha256
        self.pending = pending
        self.lines = Array(lines.suffix(TrailHead.linesKept))
        self.doubtful = doubtful.isEmpty ? nil : doubtful
    }

    /// Reads the file, `tries` times if the disk fails: a failure that passes must not begin a new chain. `nil` when there
    /// is none.
    static func read<FS: FileSystem>(
        _ files: FS, _ path: FilePath, tries: Int = 10
    ) throws(TrailHeadError) -> TrailHead? {
        let bytes: [UInt8]?
        do throws(FileError) { bytes = try files.contents(of: path) } catch {
            if tries > 1 { return try read(files, path, tries: tries - 1) }
            throw TrailHeadError(reason: error.description)
        }
        guard let bytes else { return nil }
        guard let head = try? JSONDecoder().decode(TrailHead.self, from: Data(bytes)), head.version == 1,
            head.number == 0 ? head.sha256 == TrailChain.origin : head.holdsItsLine
        else { throw TrailHeadError(reason: "its content is damaged") }
        return head
    }

    func write<FS: FileSystem>(_ files: FS, _ path: FilePath) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and whole numbers only: it can't fail.
        guard let data = try? encoder.encode(self) else { preconditionFailure("the trail's head can't be encoded") }
        try files.replace(path, with: Array(data))
    }

    private var holdsItsLine: Bool {
        lines.last.map { TrailChain.hash(Array($0.utf8)) == sha256 } ?? false
    }
}

/// Why the head of the trail could not be read.
struct TrailHeadError: Error { var reason: String }
