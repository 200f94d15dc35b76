package import Files
import Foundation
package import SystemPackage

/// What providers see of the machine: environment variables and files. The process's own in production; anything in
/// tests.
package struct Surroundings: Sendable, CustomStringConvertible, CustomReflectable {
    private var variables: [String: String]
    /// Whether the profile was named by settings or an option, not only by the environment.
    private(set) var profileIsExplicit = false
    private let readFile: @Sendable (FilePath) -> Result<[UInt8], FileError>

    package init(
        variables: [String: String], readFile: @escaping @Sendable (FilePath) -> Result<[UInt8], FileError>
    ) {
        self.variables = variables
        self.readFile = readFile
    }

    /// The environment and files of this process. Variables are taken once; files are read when they are needed.
    package static func ofProcess() -> Surroundings {
        Surroundings(variables: ProcessInfo.processInfo.environment) { path in
            Result { () throws(FileError) in try Surroundings.read(path, LinuxFileSystem()) }
        }
    }

    /// The same, with a profile that settings or an option name.
    package func with(profile: String?) -> Surroundings {
        guard let profile else { return self }
        var copy = self
        copy.variables["AWS_PROFILE"] = profile
        copy.profileIsExplicit = true
        return copy
    }

    /// The variables hold secrets: nothing of them is shown.
    package var description: String { "<surroundings>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Nil when the variable is not set, or is empty: as AWS's tools have it.
    package subscript(_ variable: String) -> String? {
        variables[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a variable says `true`.
    func isTrue(_ variable: String) -> Bool { self[variable]?.lowercased() == "true" }

    /// A path with `~/` at its start resolved.
    func path(_ text: String) -> FilePath {
        guard text == "~" || text.hasPrefix("~/"), let home = self["HOME"] else { return FilePath(text) }
        return FilePath(home + text.dropFirst())
    }

    func read(_ path: FilePath) throws(FileError) -> [UInt8] { try readFile(path).get() }

    /// A file that holds one token, without the white space around it.
    func readToken(_ path: FilePath) throws(FileError) -> String {
        String(decoding: try read(path), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Settings and tokens are small; a larger file is none of them.
    private static let bytesMax = 1 << 20

    private static func read<FS: FileSystem>(_ path: FilePath, _ fileSystem: FS) throws(FileError) -> [UInt8] {
        let file = try fileSystem.open(path, .read)
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(FileError) in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        guard count <= bytesMax else { throw FileError("read", path, .fileTooLarge) }
        return Array(bytes[..<count])
    }
}
