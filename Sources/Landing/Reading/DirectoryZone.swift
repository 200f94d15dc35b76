import Files
import Foundation
import Model
import SystemPackage

/// A landing zone in a local directory, read. Names that begin with a dot (staging) are not objects.
package struct DirectoryZone: LandingZoneReader {
    private let root: FilePath
    private let files = LinuxFileSystem()

    package init(path: String) { root = FilePath(path) }

    package var place: String { root.string }

    /// All in one page.
    package func page(of prefix: String, after: String?) async throws(StoreFailure) -> ListingPage {
        ListingPage(objects: try objects(prefix))
    }

    private func objects(_ prefix: String) throws(StoreFailure) -> [StoredObject] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root.string, isDirectory: &isDirectory), isDirectory.boolValue
        else {
            throw StoreFailure(
                .misconfigured, "\(root) is no directory; give the landing directory of the settings")
        }
        // As deep as the prefix names whole directories: a stream's objects need no walk through the others'.
        let folder = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) } ?? ""
        guard let walk = FileManager.default.enumerator(atPath: root.appending(folder).string) else { return [] }
        var found: [StoredObject] = []
        for case let path as String in walk {
            let name = folder.isEmpty ? path : "\(folder)/\(path)"
            guard StoredObject.isObject(name), name.hasPrefix(prefix) else { continue }
            // What went since it was listed is not there.
            guard let status = try? FileManager.default.attributesOfItem(atPath: root.appending(name).string) else {
                continue
            }
            found.append(
                StoredObject(
                    name: name, length: (status[.size] as? NSNumber)?.int64Value ?? 0,
                    modified: (status[.modificationDate] as? Date).map {
                        Timestamp(microseconds: Int64($0.timeIntervalSince1970 * 1_000_000))
                    }))
        }
        return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    package func read(
        _ object: StoredObject, at offset: Int64, count: Int
    ) async throws(StoreFailure) -> [UInt8]? {
        do throws(FileError) {
            let file = try files.open(root.appending(object.name), .read)
            var short = false
            let bytes = try [UInt8](capacity: count) { (buffer) throws(FileError) in
                let read = try file.read(into: buffer, at: offset)
                short = read < count
                return read
            }
            if short { throw FileError("read", root.appending(object.name), .ioError) }
            return bytes
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw StoreFailure(.broken, "\(error)")
        }
    }
}

extension [UInt8] {
    /// `body` fills the buffer and says how far.
    fileprivate init(
        capacity: Int, _ body: (UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    ) throws(FileError) {
        var failure: FileError?
        self = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(FileError) { count = try body(UnsafeMutableRawBufferPointer(buffer)) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
