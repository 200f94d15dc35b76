package import Files
import Model
package import SystemPackage

/// A landing zone in a local directory: the embedded default.
///
/// An object appears under its name in one step, by link(2), which fails when the name is taken: create-only and
/// atomic without a lock, also between processes. File and directories are synced before ``CreateOutcome/created``.
/// A sealed segment on the same volume is linked as it is, so landing needs no space.
package final class DirectoryStore<FS: FileSystem>: ObjectStore {
    private let files: FS
    private let root: FilePath
    private let run: @Sendable (@escaping @Sendable () -> Void) -> Void

    private var staging: FilePath { root.appending(".staging") }

    /// Creates the root and clears what a crash left in staging. `run` runs the blocking work, on threads of its choice.
    package init(
        files: FS, root: FilePath, run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) throws(FileError) {
        self.files = files
        self.root = root
        self.run = run
        try files.createDirectories(root.appending(".staging"))
        for name in try files.list(root.appending(".staging")) {
            try files.unlink(root.appending(".staging").appending(name))
        }
    }

    package func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void) {
        run { [self] in completion(created(object)) }
    }

    package func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        run { [self] in
            do throws(FileError) {
                let (length, sha256) = try content(path(name))
                completion(.present(length: length, sha256: sha256))
            } catch {
                completion(error.errno == .noSuchFileOrDirectory ? .absent : .failed(StoreFailure("\(error)")))
            }
        }
    }

    package func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        run { [self] in
            do throws(FileError) {
                let file = try files.open(path(name), .read)
                completion(.bytes(try read(file, at: 0, count: count)))
            } catch {
                completion(error.errno == .noSuchFileOrDirectory ? .absent : .failed(StoreFailure("\(error)")))
            }
        }
    }

    private func path(_ name: String) -> FilePath { root.pushing(FilePath(name)) }

    private func created(_ object: NewObject) -> CreateOutcome {
        guard DirectoryStore.isSafe(object.name) else {
            return .refused(StoreFailure("\(object.name) is no object name"))
        }
        do throws(FileError) {
            let target = path(object.name)
            let directory = target.removingLastComponent()
            try files.createDirectories(directory)
            do throws(FileError) {
                try publish(object, at: target)
            } catch where error.errno == .fileExists {
                let outcome: CreateOutcome = try isSame(target, object) ? .same : .different
                // It may have been linked by a life that died before it synced.
                try files.syncDirectory(directory)
                return outcome
            }
            try files.syncDirectory(directory)
            return .created
        } catch {
            let failure = StoreFailure("\(error)")
            let refusals: [Errno] = [.noSpace, .diskQuotaExceeded, .permissionDenied, .notPermitted, .readOnlyFileSystem]
            return refusals.contains(error.errno) ? .refused(failure) : .unknown(failure)
        }
    }

    private func publish(_ object: NewObject, at target: FilePath) throws(FileError) {
        switch object.body {
        case .file(let segment):
            do throws(FileError) {
                try files.link(segment, to: target)
            } catch where [.improperLink, .tooManyLinks, .notPermitted, .notSupported].contains(error.errno) {
                let source = try files.open(segment, .read)
                try stage(object, at: target) { staged throws(FileError) in
                    var offset: Int64 = 0
                    while offset < object.length {
                        let piece = try read(source, at: offset, count: Int(min(object.length - offset, 1 << 20)))
                        guard !piece.isEmpty else { throw FileError("read", segment, .ioError) }
                        try write(piece, to: staged, at: offset)
                        offset += Int64(piece.count)
                    }
                }
            }
        case .bytes(let bytes):
            try stage(object, at: target) { staged throws(FileError) in try write(bytes, to: staged, at: 0) }
        }
    }

    /// Writes a staging file, checks it against the object's hash, syncs it and gives it its name.
    private func stage(
        _ object: NewObject, at target: FilePath, _ fill: (FS.File) throws(FileError) -> Void
    ) throws(FileError) {
        let staged = staging.appending("\(hexText(object.sha256))-\(UInt64.random(in: 0...UInt64.max))")
        let file = try files.open(staged, .create)
        do throws(FileError) {
            try fill(file)
            guard try hash(file, length: object.length) == object.sha256 else {
                throw FileError("verify the staged copy of", target, .ioError)
            }
            try file.syncData()
            try files.link(staged, to: target)
        } catch {
            try? files.unlink(staged)
            throw error
        }
        try files.unlink(staged)
    }

    private func isSame(_ target: FilePath, _ object: NewObject) throws(FileError) -> Bool {
        let (length, sha256) = try content(target)
        return length == object.length && sha256 == object.sha256
    }

    private func content(_ path: FilePath) throws(FileError) -> (length: Int64, sha256: [UInt8]) {
        let file = try files.open(path, .read)
        let length = try file.size()
        return (length, try hash(file, length: length))
    }

    private func hash(_ file: FS.File, length: Int64) throws(FileError) -> [UInt8] {
        var hash = SHA256()
        var offset: Int64 = 0
        while offset < length {
            let piece = try read(file, at: offset, count: Int(min(length - offset, 1 << 20)))
            guard !piece.isEmpty else { break }
            piece.withUnsafeBytes { hash.update($0) }
            offset += Int64(piece.count)
        }
        return hash.finish()
    }

    private func read(_ file: FS.File, at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try file.read(into: buffer, at: offset) }
        }
        bytes.removeLast(count - (try result.get()))
        return bytes
    }

    private func write(_ bytes: [UInt8], to file: FS.File, at offset: Int64) throws(FileError) {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try file.write([buffer], at: offset) }
        }.get()
    }

    /// `[A-Za-z0-9._=-]` between slashes, none of the parts empty or beginning with a dot.
    private static func isSafe(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != "."
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                        UInt8(ascii: "="), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }
}
