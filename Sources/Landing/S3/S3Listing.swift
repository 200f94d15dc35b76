import AWS
import Model

/// One `ListBucketResult` document.
struct S3Listing {
    struct Entry: Equatable {
        var key: String
        var length: Int64
        var etag: String?
        var modified: Timestamp?
    }

    private(set) var entries: [Entry] = []
    /// Where the next page begins; nil at the end.
    private(set) var next: String?

    /// nil: the bytes are no whole listing. A page that says that there is more, and not where, is none either.
    init?(_ bytes: [UInt8]) {
        guard let root = XMLTree.parse(bytes), root.name == "ListBucketResult" else { return nil }
        let isEncoded = root["EncodingType"]?.text == "url"
        for contents in root.children where contents.name == "Contents" {
            guard let key = contents["Key"]?.text, let length = contents["Size"].flatMap({ Int64($0.text) }),
                length >= 0
            else { return nil }
            entries.append(
                Entry(
                    key: isEncoded ? S3Listing.decoded(key) : key, length: length, etag: contents["ETag"]?.text,
                    modified: contents["LastModified"].flatMap { S3Listing.moment($0.text) }))
        }
        guard root["IsTruncated"]?.text == "true" else { return }
        guard let token = root["NextContinuationToken"]?.text, !token.isEmpty else { return nil }
        next = token
    }

    /// `2026-11-23T13:35:00.000Z`, with any number of decimals or none; to the second.
    private static func moment(_ text: String) -> Timestamp? {
        Timestamp(rfc3339: "\(text.prefix(19)).000000Z")
    }

    /// Keys come percent-encoded, blanks as `+`.
    private static func decoded(_ key: String) -> String {
        String(decoding: PercentEncoding.decode(key.replacing("+", with: " ")), as: UTF8.self)
    }
}
