import AWS
import Foundation
import FoundationXML
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
        let reader = S3ListingReader()
        let parser = XMLParser(data: Data(bytes))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        // The parser is content with half a document.
        guard parser.parse(), reader.root == "ListBucketResult", reader.isWhole else { return nil }
        let isEncoded = reader.members["EncodingType"] == "url"
        for members in reader.contents {
            guard let key = members["Key"], let length = members["Size"].flatMap({ Int64($0) }), length >= 0 else {
                return nil
            }
            entries.append(
                Entry(
                    key: isEncoded ? S3Listing.decoded(key) : key, length: length, etag: members["ETag"],
                    modified: members["LastModified"].flatMap(S3Listing.moment)))
        }
        guard reader.members["IsTruncated"] == "true" else { return }
        guard let token = reader.members["NextContinuationToken"], !token.isEmpty else { return nil }
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

/// Collects the text of the root's children, and of those of each `Contents`.
private final class S3ListingReader: NSObject, XMLParserDelegate {
    var root: String?
    var members: [String: String] = [:]
    var contents: [[String: String]] = []
    private(set) var isWhole = false
    private var path: [String] = []
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        if path.isEmpty { root = name }
        path.append(name)
        text = ""
        if path.count == 2, name == "Contents" { contents.append([:]) }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if path.count == 3, path[1] == "Contents" {
            contents[contents.count - 1][name] = text
        } else if path.count == 2 {
            members[name] = text
        }
        path.removeLast()
        text = ""
        isWhole = path.isEmpty
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }
}
