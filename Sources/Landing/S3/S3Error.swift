import Curl
import Foundation
import FoundationXML

/// The `<Error>` document of a reply, as far as it is used.
struct S3Error: Equatable {
    var code = ""
    var message = ""
    /// Where the bucket is, of a redirect.
    var region: String?

    /// What the reply says; empty when it says nothing that can be read (a HEAD has no body).
    init(_ response: HTTPResponse) {
        region = response.header("x-amz-bucket-region")
        guard response.body.count <= 64 << 10, response.body.contains(UInt8(ascii: "<")) else { return }
        let reader = S3ErrorReader()
        let parser = XMLParser(data: Data(response.body))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        // The parser is content with half a document.
        guard parser.parse(), reader.root == "Error", reader.isWhole else { return }
        code = S3Error.plain(reader.members["Code"] ?? "", most: 64)
        message = S3Error.plain(reader.members["Message"] ?? "", most: 300)
        region = region ?? reader.members["Region"]
    }

    /// A server's words go into logs and problem details: one line, printable, not endless.
    private static func plain(_ text: String, most: Int) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }.prefix(most))
    }
}

/// Collects the text of the root's direct children.
private final class S3ErrorReader: NSObject, XMLParserDelegate {
    var root: String?
    var members: [String: String] = [:]
    private(set) var isWhole = false
    private var path: [String] = []

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        if path.isEmpty { root = name }
        path.append(name)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        path.removeLast()
        isWhole = path.isEmpty
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard path.count == 2 else { return }
        members[path[1], default: ""] += text
    }
}
