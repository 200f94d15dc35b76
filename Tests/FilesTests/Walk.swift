import Files
import Simulation
import SystemPackage

/// A random walk over a file system below a root: the same seed does the same calls, and writes down every answer.
struct Walk<FS: FileSystem> {
    private static var names: [String] {
        ["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/f", "a/x", "missing/x", "d/e/f/g"]
    }

    private let fileSystem: FS
    private let root: FilePath
    private var generator: SeededGenerator
    private var files: [FS.File] = []
    private(set) var log: [String] = []

    init(_ fileSystem: FS, root: FilePath, seed: UInt64) {
        self.fileSystem = fileSystem
        self.root = root
        generator = SeededGenerator(seed: seed)
    }

    mutating func run(steps: Int) -> [String] {
        for _ in 0..<steps {
            if Bool.random(using: &generator) { stepOnNames() } else { stepOnFile() }
        }
        return log
    }

    private mutating func path() -> (name: String, path: FilePath) {
        let name = Walk.names.randomElement(using: &generator)!
        return (name, root.appending(name))
    }

    private mutating func stepOnNames() {
        let (name, path) = path()
        let (otherName, other) = self.path()
        let fileSystem = fileSystem
        switch Int.random(in: 0..<11, using: &generator) {
        case 0: keep("read \(name)") { () throws(FileError) in try fileSystem.open(path, .read) }
        case 1: keep("update \(name)") { () throws(FileError) in try fileSystem.open(path, .update) }
        case 2: keep("create \(name)") { () throws(FileError) in try fileSystem.open(path, .create) }
        case 3: keep("lock \(name)") { () throws(FileError) in try fileSystem.lock(path) }
        case 4: note("list \(name)") { () throws(FileError) in "\(try fileSystem.list(path))" }
        case 5:
            note("status \(name)") { () throws(FileError) in
                let status = try fileSystem.status(path)
                return status.isDirectory ? "directory" : "\(status.size)"
            }
        case 6: note("directories \(name)") { () throws(FileError) in "\(try fileSystem.createDirectories(path))" }
        case 7:
            note("rename \(name) \(otherName)") { () throws(FileError) in "\(try fileSystem.rename(path, to: other))" }
        case 8: note("link \(name) \(otherName)") { () throws(FileError) in "\(try fileSystem.link(path, to: other))" }
        case 9: note("unlink \(name)") { () throws(FileError) in "\(try fileSystem.unlink(path))" }
        default: note("sync \(name)") { () throws(FileError) in "\(try fileSystem.syncDirectory(path))" }
        }
    }

    private mutating func stepOnFile() {
        guard let index = files.indices.randomElement(using: &generator) else { return }
        let file = files[index]
        let offset = Int64.random(in: 0..<2000, using: &generator)
        let count = Int.random(in: 0..<1500, using: &generator)
        let fill = UInt8.random(in: 1...255, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1:
            // In three pieces, one of them empty, so that the vector is walked.
            let bytes = (0..<count).map { fill &+ UInt8(truncatingIfNeeded: $0) }
            note("write \(index) \(offset) \(count)") { () throws(FileError) in
                try bytes.withUnsafeBufferPointer { (all) throws(FileError) in
                    let middle = count / 3
                    let pieces = [all[..<middle], all[middle..<middle], all[middle...]].map {
                        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: $0))
                    }
                    try file.write(pieces, at: offset)
                }
                return ""
            }
        case 2, 3:
            note("read \(index) \(offset) \(count)") { () throws(FileError) in
                var bytes = [UInt8](repeating: 0, count: count)
                let got = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(FileError) in
                    try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
                }
                return "\(bytes[..<got])"
            }
        case 4: note("fdatasync \(index)") { () throws(FileError) in "\(try file.syncData())" }
        case 5: note("truncate \(index) \(offset)") { () throws(FileError) in "\(try file.truncate(to: offset))" }
        case 6:
            note("reserve \(index)") { () throws(FileError) in
                "\(try file.reserve(from: offset, count: Int64(count)))"
            }
        default:
            files.remove(at: index)
            log.append("close \(index)")
        }
    }

    private mutating func keep(_ call: String, _ body: () throws(FileError) -> FS.File) {
        do throws(FileError) {
            files.append(try body())
            log.append("\(call): open")
        } catch { log.append("\(call): errno \(error.errno.rawValue)") }
    }

    private mutating func note(_ call: String, _ body: () throws(FileError) -> String) {
        do throws(FileError) {
            log.append("\(call): \(try body())")
        } catch { log.append("\(call): errno \(error.errno.rawValue)") }
    }
}
