import AWS
package import Curl
package import Files
import Foundation
package import Model

/// A landing zone in an S3 bucket, by single conditional PUTs (`If-None-Match: *`).
///
/// A create is believed only when the store states the SHA-256 of what it holds: in its reply to the PUT (the checksum it
/// verified), or, where it states none or the reply is lost, in its reply to a HEAD (checksum, or the hash in the object's
/// metadata). A 412 is resolved the same way. Nothing is ever overwritten or deleted. S3's semantics: "How to prevent object
/// overwrites with conditional writes" in the S3 user guide; multipart uploads are not used, because not every store keeps
/// to the condition there.
package final class S3Store<FS: FileSystem, HTTP: HTTPClient, Time: TimeSource>: ObjectStore {
    package var createsOnlyByConstruction: Bool { false }

    private let client: S3Client<HTTP, Time>
    private let files: FS
    private let options: S3Options

    package init(_ client: S3Client<HTTP, Time>, files: FS, options: S3Options = S3Options()) {
        self.client = client
        self.files = files
        self.options = options
    }

    // MARK: Creating

    package func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void) {
        let body: HTTPBody
        switch object.body {
        case .bytes(let bytes): body = .bytes(bytes)
        case .file(let path):
            do throws(FileError) {
                body = .source(SegmentSource(file: try files.open(path, .read), length: object.length))
            } catch { return completion(.refused(StoreFailure(.corrupt, "\(error)"))) }
        }
        let request = S3Request(
            method: "PUT", key: client.location.key(object.name), headers: headers(for: object), body: body,
            payload: .sha256(object.sha256), limits: limits(object.patience))
        client.send(request) { [self] result in
            switch result {
            case .failure(let failure): completion(failure.leavesDoubt ? .unknown(failure) : .refused(failure))
            case .success(let response): conclude(object, response, completion)
            }
        }
    }

    private func conclude(
        _ object: NewObject, _ response: HTTPResponse, _ completion: @escaping @Sendable (CreateOutcome) -> Void
    ) {
        switch response.status {
        case 200 where response.header("x-amz-checksum-sha256") == Data(object.sha256).base64EncodedString():
            completion(.created)
        case 200, 201, 204: compare(object, ifEqual: .created, completion)
        case 412: compare(object, ifEqual: .same, completion)
        case 409: completion(.conflict)
        default:
            let failure = StoreFailure(response, S3Error(response), at: client.location)
            completion(failure.leavesDoubt ? .unknown(failure) : .refused(failure))
        }
    }

    /// Whether the store holds these very bytes, by its own word.
    private func compare(
        _ object: NewObject, ifEqual equal: CreateOutcome, _ completion: @escaping @Sendable (CreateOutcome) -> Void
    ) {
        inspect(object.name, patience: object.patience) { [self] outcome in
            switch outcome {
            case .present(object.length, object.sha256): completion(equal)
            case .present(let length, _):
                // A segment under whose name other bytes are stops its stream, so no header is taken for proof of that. (Of a
                // strong batch's object the caller reads the head itself, and nothing stops.)
                guard case .file = object.body else { return completion(.different) }
                hash(client.location.key(object.name), nil, length, at: 0, SHA256()) { outcome in
                    switch outcome {
                    case .present(object.length, object.sha256): completion(equal)
                    case .present: completion(.different)
                    case .absent:
                        completion(.unknown(StoreFailure(.broken, "\(object.name) vanished while it was read")))
                    case .failed(let failure): completion(.unknown(failure))
                    }
                }
            case .absent:
                completion(
                    .unknown(
                        StoreFailure(
                            .broken,
                            "\(client.location.description) answered as if it held \(object.name), and does not"))
                )
            case .failed(let failure): completion(.unknown(failure))
            }
        }
    }

    private func headers(for object: NewObject) -> [HTTPField] {
        var fields = [
            HTTPField("If-None-Match", "*"),
            HTTPField("Content-Type", object.name.hasSuffix(".gz") ? "application/gzip" : "application/octet-stream"),
            HTTPField("x-amz-meta-sluice-sha256", hexText(object.sha256)),
        ]
        fields += object.notes.map { HTTPField("x-amz-meta-sluice-\($0.name)", $0.value) }
        fields += options.metadata.map { HTTPField("x-amz-meta-\($0.name)", $0.value) }
        if options.checksum {
            fields.append(HTTPField("x-amz-checksum-sha256", Data(object.sha256).base64EncodedString()))
        }
        if let key = options.kmsKey {
            fields.append(HTTPField("x-amz-server-side-encryption", "aws:kms"))
            fields.append(HTTPField("x-amz-server-side-encryption-aws-kms-key-id", key))
        }
        if let storageClass = options.storageClass { fields.append(HTTPField("x-amz-storage-class", storageClass)) }
        if !options.tags.isEmpty {
            let tags = options.tags.map {
                "\(PercentEncoding.component($0.name))=\(PercentEncoding.component($0.value))"
            }
            fields.append(HTTPField("x-amz-tagging", tags.joined(separator: "&")))
        }
        return fields
    }

    private func limits(_ patience: Duration?) -> HTTPLimits {
        var limits = options.limits
        if let patience { limits.total = min(limits.total, patience) }
        return limits
    }

    package func interrupt() { client.interrupt() }

    // MARK: Reading

    package func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        inspect(name, patience: nil, completion)
    }

    private func inspect(
        _ name: String, patience: Duration?, _ completion: @escaping @Sendable (InspectOutcome) -> Void
    ) {
        let key = client.location.key(name)
        let request = S3Request(
            method: "HEAD", key: key, headers: [HTTPField("x-amz-checksum-mode", "ENABLED")],
            limits: limits(patience))
        client.send(request) { [self] result in
            switch result {
            case .failure(let failure): completion(.failed(failure))
            case .success(let response):
                switch response.status {
                case 200: judge(response, key, completion)
                case 404: completion(.absent)
                default:
                    completion(.failed(StoreFailure(response, S3Error(response), at: client.location)))
                }
            }
        }
    }

    private func judge(
        _ response: HTTPResponse, _ key: String, _ completion: @escaping @Sendable (InspectOutcome) -> Void
    ) {
        guard let length = response.header("Content-Length").flatMap({ Int64($0) }), length >= 0,
            response.header("ETag") != nil
        else {
            // Every object has both: this is somebody else's page.
            return completion(
                .failed(
                    StoreFailure(.broken, "\(client.location.description): a reply without the object's length or ETag")
                ))
        }
        if let sha256 = S3Store.statedHash(response) { return completion(.present(length: length, sha256: sha256)) }
        // An object that states no hash is read and hashed.
        let etag = response.header("ETag")
        hash(key, etag, length, at: 0, SHA256(), completion)
    }

    /// The checksum that the store verified counts before the metadata, which is only what the writer said.
    private static func statedHash(_ response: HTTPResponse) -> [UInt8]? {
        if let text = response.header("x-amz-checksum-sha256"), response.header("x-amz-checksum-type") != "COMPOSITE",
            let bytes = Data(base64Encoded: text), bytes.count == 32
        {
            return Array(bytes)
        }
        return response.header("x-amz-meta-sluice-sha256").flatMap(bytesOfHex).flatMap { $0.count == 32 ? $0 : nil }
    }

    private static var hashPieceBytes: Int64 { 8 << 20 }

    /// Reads piece by piece, so that an object of any size needs little memory.
    private func hash(
        _ key: String, _ etag: String?, _ length: Int64, at offset: Int64, _ hash: SHA256,
        _ completion: @escaping @Sendable (InspectOutcome) -> Void
    ) {
        if offset == length { return completion(.present(length: length, sha256: hash.finish())) }
        let end = min(offset + Self.hashPieceBytes, length)
        client.get(key, range: offset..<end, ifMatch: etag, limits: options.limits) { [self] outcome in
            switch outcome {
            case .absent: completion(.absent)
            case .failed(let failure): completion(.failed(failure))
            case .bytes(let bytes):
                guard bytes.count == Int(end - offset) else {
                    return completion(
                        .failed(StoreFailure(.broken, "\(client.location.description): \(key) came back short")))
                }
                var next = hash
                bytes.withUnsafeBytes { next.update($0) }
                self.hash(key, etag, length, at: end, next, completion)
            }
        }
    }

    package func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        client.get(
            client.location.key(name), range: 0..<Int64(max(1, count)), ifMatch: nil, limits: options.limits, completion
        )
    }
}
