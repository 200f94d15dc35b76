import AWS
package import Curl
import Files
package import Model

/// A landing zone in an S3 bucket, read: `ListObjectsV2`, and ranged GETs of the version that was listed.
package struct S3Zone<HTTP: HTTPClient, Time: TimeSource>: LandingZoneReader {
    private let client: S3Client<HTTP, Time>
    private let limits: HTTPLimits
    private let retry: RetryPolicy

    package init(
        _ client: S3Client<HTTP, Time>, limits: HTTPLimits = HTTPLimits(), retry: RetryPolicy = RetryPolicy()
    ) {
        self.client = client
        self.limits = limits
        self.retry = retry
    }

    package var place: String { client.location.description }

    /// A page holds at most 1,000 keys, so a page of objects may be empty and not the last.
    package func page(of prefix: String, after: String?) async throws(StoreFailure) -> ListingPage {
        let listing = try await retry.run { await self.listing(prefix, after) }
        if let next = listing.next, next == after { throw failure(.broken, "its listing does not move on") }
        let root = client.location.key("")
        var objects: [StoredObject] = []
        for entry in listing.entries {
            guard entry.key.hasPrefix(root) else {
                throw failure(.broken, "its listing has the key \(entry.key), which was not asked for")
            }
            let name = String(entry.key.dropFirst(root.count))
            if StoredObject.isObject(name) {
                objects.append(
                    StoredObject(name: name, length: entry.length, version: entry.etag, modified: entry.modified))
            }
        }
        return ListingPage(objects: objects, next: listing.next)
    }

    private func listing(_ prefix: String, _ after: String?) async -> Result<S3Listing, StoreFailure> {
        var query = [("encoding-type", "url"), ("list-type", "2"), ("prefix", client.location.key(prefix))]
        if let after { query.insert(("continuation-token", after), at: 0) }
        var request = S3Request(method: "GET", key: nil, query: query, limits: limits)
        // 1,000 keys of 1,024 bytes, percent-encoded, with what stands around them.
        request.limits.responseMaxBytes = 8 << 20
        return await withCheckedContinuation { continuation in
            client.send(request) { result in
                continuation.resume(
                    returning: result.flatMap { response in
                        guard response.status == 200 else {
                            return .failure(StoreFailure(response, S3Error(response), at: client.location))
                        }
                        guard let listing = S3Listing(response.body) else {
                            return .failure(failure(.broken, "its listing can't be read"))
                        }
                        return .success(listing)
                    })
            }
        }
    }

    package func read(
        _ object: StoredObject, at offset: Int64, count: Int
    ) async throws(StoreFailure) -> [UInt8]? {
        if count == 0 { return [] }
        return try await retry.run { await self.part(object, offset..<offset + Int64(count)) }
    }

    package func sha256(of object: StoredObject) async throws(StoreFailure) -> [UInt8]? {
        let store = S3Store(client, files: LinuxFileSystem())
        return try await retry.run { () -> Result<[UInt8]?, StoreFailure> in
            let outcome = await withCheckedContinuation { continuation in
                store.inspect(object.name) { continuation.resume(returning: $0) }
            }
            switch outcome {
            case .absent: return .success(nil)
            case .present(_, let sha256): return .success(sha256)
            case .failed(let failure): return .failure(failure)
            }
        }
    }

    private func part(_ object: StoredObject, _ range: Range<Int64>) async -> Result<[UInt8]?, StoreFailure> {
        let outcome = await withCheckedContinuation { continuation in
            client.get(client.location.key(object.name), range: range, ifMatch: object.version, limits: limits) {
                continuation.resume(returning: $0)
            }
        }
        switch outcome {
        case .absent: return .success(nil)
        case .failed(let failure): return .failure(failure)
        case .bytes(let bytes):
            guard bytes.count == range.count else {
                return .failure(failure(.broken, "\(object.name) came back short"))
            }
            return .success(bytes)
        }
    }

    private func failure(_ kind: StoreFailure.Kind, _ detail: String) -> StoreFailure {
        StoreFailure(kind, "\(place): \(detail)")
    }
}
