import Audit
import Files
import Foundation
package import Landing
import Model
import Payload
import Synchronization
package import SystemPackage

/// Copies objects from one landing zone to another, create-only and under their own names.
///
/// An object that is there already, with the same bytes, is left alone: doing it all again does nothing. Only what a gateway
/// wrote, whole and with its checksums right, is copied. Memory holds a piece and a block of each object under way; larger
/// objects wait on disk meanwhile.
package struct Relander<Store: ObjectStore>: Sendable {
    package enum Outcome: Sendable, Equatable {
        case landed
        /// With ``isRehearsal``: it would land.
        case wouldLand
        /// It is there, with the same bytes.
        case already
        /// It was listed, and is gone.
        case missing
        /// The name is taken by other bytes; nothing was changed.
        case different
        /// The bytes are not what a gateway wrote.
        case faulty(String)
    }

    private let source: any LandingZoneReader
    private let store: Store
    /// For objects on their way that are larger than a piece.
    private let stage: FilePath
    private let isRehearsal: Bool
    private let retry: RetryPolicy

    package init(
        from source: any LandingZoneReader, to store: Store, stage: FilePath, isRehearsal: Bool = false,
        retry: RetryPolicy = RetryPolicy()
    ) {
        self.source = source
        self.store = store
        self.stage = stage
        self.isRehearsal = isRehearsal
        self.retry = retry
    }

    /// Throws what makes going on pointless: a zone that can't be read or written to.
    package func land(_ object: StoredObject) async throws -> Outcome {
        switch try await inspect(object.name) {
        case .present(let length, let sha256):
            guard length == object.length else { return .different }
            guard let own = try await source.sha256(of: object) else { return .missing }
            return own == sha256 ? .already : .different
        case .absent, .failed: break
        }
        if isRehearsal { return .wouldLand }
        do {
            return try await copy(object)
        } catch let fault as ObjectFault {
            return .faulty(fault.description)
        } catch is ObjectGone {
            return .missing
        } catch let failure as StoreFailure where failure.kind == .corrupt {
            return .faulty(failure.detail)
        }
    }

    private func copy(_ object: StoredObject) async throws -> Outcome {
        let staged = object.length > Self.smallBytes ? try StagedFile(in: stage) : nil
        defer { staged?.remove() }
        var small: [UInt8] = []
        var facts: [(name: String, value: String)] = []
        var events = 0
        let sha256: [UInt8]
        do {
            var reader = BlockReader(source, object) { piece in
                if let staged { try staged.append(piece) } else { small.append(contentsOf: piece) }
            }
            while let header = try await reader.next({ $0.header }) {
                if facts.isEmpty { facts = [("gateway", header.gateway.rawValue)] }
                events += Int(header.eventCount)
            }
            sha256 = reader.sha256
        }
        try staged?.sync()
        facts.append(("events", "\(events)"))
        if case .segment(let segment)? = LandedName(object.name) { facts.append(("sequences", "\(segment.range)")) }
        return try await create(
            NewObject(
                name: object.name, body: staged.map { .file($0.path) } ?? .bytes(small), length: object.length,
                sha256: sha256, notes: facts))
    }

    private static var smallBytes: Int64 { 8 << 20 }

    // MARK: The store

    private func inspect(_ name: String) async throws(StoreFailure) -> InspectOutcome {
        try await retry.run { () -> Result<InspectOutcome, StoreFailure> in
            let outcome = await withCheckedContinuation { continuation in
                store.inspect(name) { continuation.resume(returning: $0) }
            }
            if case .failed(let failure) = outcome { return .failure(failure) }
            return .success(outcome)
        }
    }

    private func create(_ object: NewObject) async throws(StoreFailure) -> Outcome {
        try await retry.run { () -> Result<Outcome, StoreFailure> in
            let outcome = await withCheckedContinuation { continuation in
                store.create(object) { continuation.resume(returning: $0) }
            }
            switch outcome {
            case .created: return .success(.landed)
            case .same: return .success(.already)
            case .different: return .success(.different)
            case .conflict:
                return .failure(StoreFailure(.broken, "\(object.name): another create of it is under way"))
            case .unknown(let failure), .refused(let failure): return .failure(failure)
            }
        }
    }
}

/// A file of our own for an object on its way.
private final class StagedFile: Sendable {
    let path: FilePath
    private let file: LinuxFile
    private let length = Mutex<Int64>(0)

    init(in directory: FilePath) throws {
        path = directory.appending(UUID().uuidString)
        file = try LinuxFileSystem().open(path, .create)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try length.withLock { length in
            try file.write([bytes], at: length)
            length += Int64(bytes.count)
        }
    }

    func sync() throws { try file.syncData() }
    func remove() { try? LinuxFileSystem().unlink(path) }
}
