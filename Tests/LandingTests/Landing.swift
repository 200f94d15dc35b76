import Files
import Landing
import Model
import Synchronization
import SystemPackage

/// Where a completion leaves its answer, for stores that work on the caller's thread.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    func set(_ new: Value) { value.withLock { $0 = new } }
    var got: Value { value.withLock { $0! } }
}

extension ObjectStore {
    func create(_ object: NewObject) -> CreateOutcome {
        let answer = Answer<CreateOutcome>()
        create(object) { answer.set($0) }
        return answer.got
    }

    func inspect(_ name: String) -> InspectOutcome {
        let answer = Answer<InspectOutcome>()
        inspect(name) { answer.set($0) }
        return answer.got
    }

    func readPrefix(_ name: String, count: Int) -> ReadOutcome {
        let answer = Answer<ReadOutcome>()
        readPrefix(name, count: count) { answer.set($0) }
        return answer.got
    }
}

extension NewObject {
    static func bytes(_ name: String, _ bytes: [UInt8]) -> NewObject {
        NewObject(name: name, body: .bytes(bytes), length: Int64(bytes.count), sha256: SHA256.hash(bytes))
    }

    /// A segment whose content is `bytes`.
    static func file(_ name: String, _ path: FilePath, _ bytes: [UInt8]) -> NewObject {
        NewObject(name: name, body: .file(path), length: Int64(bytes.count), sha256: SHA256.hash(bytes))
    }
}

extension FileSystem {
    /// A sealed segment, synced with its entry.
    func seal(_ path: FilePath, _ bytes: [UInt8]) throws(FileError) {
        let directory = path.removingLastComponent()
        try createDirectories(directory)
        let file = try open(path, .create)
        try bytes.withUnsafeBufferPointer { (all) throws(FileError) in
            try file.write([UnsafeRawBufferPointer(all)], at: 0)
        }
        try file.syncData()
        try syncDirectory(directory)
    }
}

func directoryStore<FS: FileSystem>(_ fileSystem: FS, _ root: FilePath) -> DirectoryStore<FS> {
    DirectoryStore(fileSystem, root: root) { work in work() }
}
