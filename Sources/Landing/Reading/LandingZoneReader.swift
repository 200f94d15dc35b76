package import Model

/// Reads a landing zone as an outsider does: what is there, and the bytes of it. For `verify` and `replay`.
///
/// Reading is retried where a retry can help; what is thrown is final.
package protocol LandingZoneReader: Sendable {
    /// Where it is, as people write it: a path, or `s3://bucket/prefix`.
    var place: String { get }

    /// The next objects whose names begin with `prefix`, in the order of their names; `after` is the last page's
    /// ``ListingPage/next``, nil at the start. Only names that end in `.json.gz` are objects; hidden ones (staging) are not.
    func page(of prefix: String, after: String?) async throws(StoreFailure) -> ListingPage

    /// `count` bytes of the object from `offset` on, which must be within its length; nil when it is gone. Throws when it
    /// is not the object that was listed any more.
    func read(_ object: StoredObject, at offset: Int64, count: Int) async throws(StoreFailure) -> [UInt8]?

    /// The SHA-256 of the object's bytes, by the store's own word where it has one, else by reading them; nil when it is gone.
    func sha256(of object: StoredObject) async throws(StoreFailure) -> [UInt8]?
}

extension LandingZoneReader {
    /// By reading it all.
    package func sha256(of object: StoredObject) async throws(StoreFailure) -> [UInt8]? {
        var hash = SHA256()
        var offset: Int64 = 0
        while offset < object.length {
            let count = Int(min(8 << 20, object.length - offset))
            guard let piece = try await read(object, at: offset, count: count) else { return nil }
            piece.withUnsafeBytes { hash.update($0) }
            offset += Int64(count)
        }
        return hash.finish()
    }
}

extension LandingZoneReader {
    /// Hands over every object whose name begins with `prefix`, page by page, in the order of their names.
    package func list(
        _ prefix: String = "", isolation: isolated (any Actor)? = #isolation,
        _ take: ([StoredObject]) async throws -> Void
    ) async throws {
        var token: String?
        repeat {
            let page = try await page(of: prefix, after: token)
            if !page.objects.isEmpty { try await take(page.objects) }
            token = page.next
        } while token != nil
    }
}

/// An object as a listing shows it.
package struct StoredObject: Sendable, Hashable {
    /// Relative to the landing root.
    package var name: String
    package var length: Int64
    /// What tells these bytes from others under the same name, where the store says so (S3's ETag).
    package var version: String?
    /// When it was written, where the store says so.
    package var modified: Timestamp?

    package init(name: String, length: Int64, version: String? = nil, modified: Timestamp? = nil) {
        self.name = name
        self.length = length
        self.version = version
        self.modified = modified
    }

    static func isObject(_ name: String) -> Bool { name.hasSuffix(".json.gz") && !name.hasPrefix(".") }
}

package struct ListingPage: Sendable, Equatable {
    package var objects: [StoredObject]
    /// To be given for the page after this one; nil at the end.
    package var next: String?

    package init(objects: [StoredObject], next: String? = nil) {
        self.objects = objects
        self.next = next
    }
}
