import Files
import Foundation
import Model
import SystemPackage

/// An operator's word about a zone, kept beside the journal so that it holds after a restart.
struct OverrideFile<FS: FileSystem>: Sendable {
    struct Word: Codable, Equatable, Sendable {
        var override: String
        var by: String
        var reason: String
        /// RFC 3339.
        var at: String
    }

    private let files: FS
    private let path: FilePath

    /// The leading dot keeps the directory apart from those of streams.
    init(_ zone: ZoneName, files: FS, journal: FilePath) {
        self.files = files
        path = journal.appending(".zones").appending("\(zone).json")
    }

    enum Found {
        case nothing
        case word(Word)
        /// It is there, and is no word.
        case damaged(String)
    }

    /// The last word, durable when it returns. Throws when the disk does not say whether there is one.
    func read() throws(FileError) -> Found {
        guard let bytes = try files.contents(of: path, limit: 64 << 10) else { return .nothing }
        try files.settle(path)
        do { return .word(try JSONDecoder().decode(Word.self, from: Data(bytes))) } catch {
            return .damaged("\(path): \(error)")
        }
    }

    /// Durable when it returns.
    func write(_ word: Word) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(word) else { preconditionFailure("a word is always encodable") }
        try files.createDirectories(path.removingLastComponent())
        try files.replace(path, with: Array(json))
    }
}
