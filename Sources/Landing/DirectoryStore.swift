package import Files
import Model
import Synchronization
package import SystemPackage

/// A landing zone in a local directory.
///
/// An object gets its name by link(2), which is atomic and never overwrites: a sealed segment on the same volume is
/// linked as it is (no copy, no space), and must never be written to again, for object and segment share their bytes.
/// Everything else is copied to `<root>/.staging`, checked against its SHA-256, synced and linked from there. On
/// ``CreateOutcome/created``, ``CreateOutcome/same`` and ``InspectOutcome/present(length:sha256:)`` the object and its
/// directory entry are synced.
///
/// Work blocks the thread it is given.
package final class DirectoryStore<FS: FileSystem>: ObjectStore {
    /// Runs blocking work, now or later: a thread pool in production, the caller's thread in tests.
    package typealias Run = @Sendable (@escaping @Sendable () -> Void) -> Void

    package var createsOnlyByConstruction: Bool { true }

    let fileSystem: FS
    let root: FilePath
    private let run: Run
    private let directories = Mutex<Set<FilePath>>([])
    private let lastStaged = Atomic<Int>(0)
    private let staging: FilePath
    private let stagingState = Mutex(Staging())

    private struct Staging {
        var isThere = false
        /// Of what an earlier life of the store left.
        var isEmptied = false
    }

    /// The zone at `root`. Nothing is touched yet: a volume that is away at the start is a partition like any other. The
    /// first create makes what is missing, the first copy removes what a crash left in staging. Only one process should
    /// write below a root; a second one's creates in flight would come out as unknown, no worse.
    package init(_ fileSystem: FS, root: FilePath, run: @escaping Run) {
        self.fileSystem = fileSystem
        self.root = root
        self.run = run
        staging = root.appending(".staging")
    }

    package func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void) {
        run { completion(self.create(object)) }
    }

    /// A local directory is never far: nothing to give up.
    package func interrupt() {}

    package func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        run { completion(self.inspect(name)) }
    }

    package func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        run { completion(self.readPrefix(name, count: count)) }
    }

    // MARK: Creating

    private func create(_ object: NewObject) -> CreateOutcome {
        guard let path = path(object.name) else {
            return .refused(StoreFailure(.misconfigured, "not an object name: \(object.name)"))
        }
        do throws(FileError) {
            try prepareDirectory(path.removingLastComponent())
            switch object.body {
            case .file(let source): return try create(object, at: path, from: source)
            case .bytes(let bytes):
                return try stage(object, for: path) { (file) throws(FileError) in
                    try bytes.withUnsafeBufferPointer { (all) throws(FileError) in
                        try file.write([UnsafeRawBufferPointer(all)], at: 0)
                    }
                    return Content(length: Int64(bytes.count), sha256: SHA256.hash(bytes))
                }
            }
        } catch { return outcome(of: error) }
    }

    private func create(_ object: NewObject, at path: FilePath, from source: FilePath) throws(FileError)
        -> CreateOutcome
    {
        let file = try fileSystem.open(source, .read)
        let length = try file.size()
        guard length == object.length else {
            return .refused(
                StoreFailure(.corrupt, "\(source) has \(length) bytes, not the \(object.length) it was sealed with"))
        }
        // Before the name appears, or a crash could leave the name on half the bytes.
        try file.syncData()
        do throws(FileError) {
            try fileSystem.link(source, to: path)
        } catch  where error.errno == .fileExists {
            return compare(object, at: path)
        } catch  where error.meansNoLink {
            return try stage(object, for: path) { (copy) throws(FileError) in try file.digest(copyingTo: copy) }
        }
        return published(path)
    }

    /// Writes a file beside the zone, and links it to its name if what was written is what was announced.
    private func stage(
        _ object: NewObject, for path: FilePath, _ fill: (FS.File) throws(FileError) -> Content
    ) throws(FileError) -> CreateOutcome {
        // A repeated create is common (retries, replays) and then needs no space.
        if try exists(path) { return compare(object, at: path) }
        try prepareStaging()
        let (staged, file) = try openStaged()
        // A name left behind costs nothing while the object lives, and goes in the next life.
        defer { try? fileSystem.unlink(staged) }
        let content = try fill(file)
        guard content == Content(length: object.length, sha256: object.sha256) else {
            return .refused(
                StoreFailure(
                    .corrupt, "\(object.name): the bytes are not those that were announced (length or SHA-256 differs)")
            )
        }
        try file.syncData()
        do throws(FileError) {
            try fileSystem.link(staged, to: path)
        } catch  where error.errno == .fileExists {
            return compare(object, at: path)
        } catch  where error.meansNoLink {
            return .refused(
                StoreFailure(.misconfigured, "the landing directory's file system has no hard links: \(error)"))
        }
        return published(path)
    }

    private func openStaged() throws(FileError) -> (FilePath, FS.File) {
        while true {
            let number = lastStaged.wrappingAdd(1, ordering: .relaxed).newValue
            let path = staging.appending(String(number))
            do throws(FileError) {
                return (path, try fileSystem.open(path, .create))
            } catch  where error.errno == .fileExists {
                continue
            }
        }
    }

    private func exists(_ path: FilePath) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try fileSystem.status(path)
            return true
        } catch  where error.errno == .noSuchFileOrDirectory {
            return false
        }
    }

    /// The name is there; from here on no error proves that the object isn't.
    private func published(_ path: FilePath) -> CreateOutcome {
        do throws(FileError) {
            try fileSystem.syncDirectory(path.removingLastComponent())
            return .created
        } catch { return .unknown(StoreFailure(.broken, "\(error)")) }
    }

    private func compare(_ object: NewObject, at path: FilePath) -> CreateOutcome {
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            guard try file.size() == object.length, try file.digest().sha256 == object.sha256 else { return .different }
            try sync(file, path)
            return .same
        } catch { return .unknown(StoreFailure(.broken, "\(error)")) }
    }

    /// An earlier try, or an earlier life of ours, may have died between the link and its sync.
    private func sync(_ file: FS.File, _ path: FilePath) throws(FileError) {
        try file.syncData()
        try fileSystem.syncDirectory(path.removingLastComponent())
    }

    /// Before this life stages anything, so that only an earlier one's files are removed.
    private func prepareStaging() throws(FileError) {
        try stagingState.withLock { (state) throws(FileError) in
            if state.isThere { return }
            try fileSystem.createDirectories(staging)
            if !state.isEmptied {
                for name in try fileSystem.list(staging) { try fileSystem.unlink(staging.appending(name)) }
            }
            state = Staging(isThere: true, isEmptied: true)
        }
    }

    /// Creates the directory once per life of the store; later calls are free.
    private func prepareDirectory(_ path: FilePath) throws(FileError) {
        if directories.withLock({ $0.contains(path) }) { return }
        try fileSystem.createDirectories(path)
        directories.withLock { known in
            if known.count >= 4096 { known.removeAll() }
            known.insert(path)
        }
    }

    /// What a failure before the link means.
    private func outcome(of error: FileError) -> CreateOutcome {
        if error.isOutOfSpace { return .refused(StoreFailure(.outOfSpace, "\(error)")) }
        let failure = StoreFailure(.broken, "\(error)")
        switch error.errno {
        case .permissionDenied, .notPermitted, .readOnlyFileSystem, .fileNameTooLong, .notDirectory, .isDirectory:
            return .refused(StoreFailure(.denied, "\(error)"))
        case .noSuchFileOrDirectory:
            // Somebody removed a directory behind our back: the next try makes it again.
            directories.withLock { $0.removeAll() }
            stagingState.withLock { $0.isThere = false }
            return .unknown(failure)
        default: return .unknown(failure)
        }
    }

    // MARK: Reading

    private func inspect(_ name: String) -> InspectOutcome {
        guard let path = path(name) else { return .failed(StoreFailure(.misconfigured, "not an object name: \(name)")) }
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            let content = try file.digest()
            try sync(file, path)
            return .present(length: content.length, sha256: content.sha256)
        } catch { return error.meansAbsent ? .absent : .failed(StoreFailure(.broken, "\(error)")) }
    }

    private func readPrefix(_ name: String, count: Int) -> ReadOutcome {
        guard let path = path(name) else { return .failed(StoreFailure(.misconfigured, "not an object name: \(name)")) }
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            let wanted = Int(min(Int64(max(0, count)), try file.size()))
            var bytes = [UInt8](repeating: 0, count: wanted)
            let got = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(FileError) in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
            return .bytes(Array(bytes[..<got]))
        } catch { return error.meansAbsent ? .absent : .failed(StoreFailure(.broken, "\(error)")) }
    }

    /// Where the object lives; nil for a name that could lead elsewhere.
    private func path(_ name: String) -> FilePath? {
        ObjectName.isValid(name) ? root.appending(name) : nil
    }
}

extension FileError {
    /// A hard link can't be made here at all; a copy may do.
    fileprivate var meansNoLink: Bool {
        switch errno {
        case .improperLink, .tooManyLinks, .notPermitted, .notSupportedOnSocket, .noFunction: true
        default: false
        }
    }

    fileprivate var meansAbsent: Bool { errno == .noSuchFileOrDirectory || errno == .notDirectory }
}
