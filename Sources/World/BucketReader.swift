import Audit
import Foundation

/// The bucket as `sluice verify` reads it.
struct BucketReader: LandingZoneReader {
    let bucket: Bucket

    func names() -> [String] { bucket.objects.keys.filter { $0.hasSuffix(".json.gz") }.sorted() }
    func bytes(of name: String) -> Data { Data(bucket.objects[name] ?? []) }
}
