import Foundation
import FoundationXML

/// A small XML document, read whole: what S3 and STS answer with. Attributes and namespaces are dropped, external
/// entities are never resolved.
package struct XMLTree: Sendable, Hashable {
    package let name: String
    /// The text directly in this element, white space at its ends removed.
    package let text: String
    package let children: [XMLTree]

    /// Nil for what is no well-formed document in UTF-8, has a document type or processing instructions, or is nested deeper
    /// than 32.
    package static func parse(_ bytes: [UInt8]) -> XMLTree? {
        guard let document = plain(bytes) else { return nil }
        let parser = XMLParser(data: document)
        parser.shouldProcessNamespaces = true
        parser.shouldResolveExternalEntities = false
        let builder = Builder()
        parser.delegate = builder
        guard parser.parse(), builder.open.count == 1, builder.open[0].children.count == 1 else { return nil }
        return builder.open[0].children[0]
    }

    /// The document with a declaration of our own, and nothing in it that is no element, text or comment: when it changes to
    /// UTF-7 between two chunks, libxml2 2.9 follows a null pointer, and Foundation does for an instruction without data.
    private static func plain(_ bytes: [UInt8]) -> Data? {
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else { return nil }
        var rest = bytes.starts(with: "\u{FEFF}".utf8) ? bytes.dropFirst(3) : bytes[...]
        if rest.starts(with: "<?xml".utf8) {
            guard let end = rest.firstRange(of: Array("?>".utf8)) else { return nil }
            let declaration = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
            let encoding = declaration.firstMatch(of: #/encoding\s*=\s*["']([^"']*)["']/#)?.output.1
            guard encoding?.lowercased() ?? "utf-8" == "utf-8" else { return nil }
            rest = rest[end.upperBound...]
        }
        for unwanted in ["<?", "<!DOCTYPE"] where rest.firstRange(of: Array(unwanted.utf8)) != nil { return nil }
        return Data(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8) + rest
    }

    /// The first child of that name.
    package subscript(_ name: String) -> XMLTree? { children.first { $0.name == name } }

    /// This element or the first one of that name within it, in the document's order.
    package func find(_ name: String) -> XMLTree? {
        if self.name == name { return self }
        for child in children {
            if let found = child.find(name) { return found }
        }
        return nil
    }

    private final class Builder: NSObject, XMLParserDelegate {
        struct Element {
            var name: String
            var text = ""
            var children: [XMLTree] = []
        }
        /// The elements that are open, below one that stands for the document.
        var open = [Element(name: "")]

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            if open.count > 32 { return parser.abortParsing() }
            open.append(Element(name: name))
        }

        /// What is no XML is of no use from there on.
        func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) { parser.abortParsing() }

        func parser(_ parser: XMLParser, foundCharacters text: String) { open[open.count - 1].text += text }

        func parser(_ parser: XMLParser, foundCDATA block: Data) {
            open[open.count - 1].text += String(decoding: block, as: UTF8.self)
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) {
            guard open.count > 1, let last = open.popLast() else { return }
            open[open.count - 1].children.append(
                XMLTree(
                    name: last.name, text: last.text.trimmingCharacters(in: .whitespacesAndNewlines),
                    children: last.children))
        }
    }
}
