import Foundation
import Testing

@testable import AWS

@Suite struct XMLDocuments {
    @Test("an S3 error, an STS error, and what is neither")
    func errors() throws {
        let s3 = try #require(
            ErrorDocument(
                Array(
                    """
                    <?xml version="1.0" encoding="UTF-8"?>
                    <Error><Code>RequestTimeTooSkewed</Code><Message>too &lt;far&gt;</Message><RequestId>4442587F</RequestId></Error>
                    """.utf8)))
        #expect(s3.code == "RequestTimeTooSkewed" && s3.message == "too <far>" && s3.requestID == "4442587F")
        #expect("\(s3)" == "RequestTimeTooSkewed: too <far> (request 4442587F)")
        let sts = try #require(
            ErrorDocument(
                Array(
                    """
                    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
                    <Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>
                    """.utf8)))
        #expect(sts.code == "AccessDenied" && sts.requestID == "r")
        for text in [
            "", "<", "plain", "{}", "<html><Error><Code>x</Code></Error></html>", "<Error><Code></Code></Error>",
            "<Error/>",
            "<Error><Code>x</Code>",
        ] { #expect(ErrorDocument(Array(text.utf8)) == nil) }
    }

    @Test("what a server says cannot fake log lines, nor fill the log")
    func shownText() throws {
        let long = String(repeating: "x", count: 5000)
        let error = try #require(
            ErrorDocument(Array("<Error><Code>A\n2026 level=error fake</Code><Message>\(long)</Message></Error>".utf8)))
        let text = "\(error)"
        #expect(!text.contains("\n") && text.count < 450)
    }

    @Test("documents are in UTF-8, whatever they say of themselves")
    func encodings() {
        func text(_ document: String) -> String? { XMLTree.parse(Array(document.utf8))?.text }
        #expect(text("<a>ü</a>") == "ü")
        #expect(text("\u{FEFF}<?xml version='1.0' encoding='utf-8'?>\n<a>ü</a>") == "ü")
        #expect(text("<?xml version=\"1.0\"?><a>ü</a>") == "ü")
        #expect(text("<?xml version=\"1.0\" encoding=\"UTF-7\"?><a>u</a>") == nil)
        #expect(text("<?xml version='1.0'?><?xml version='1.0' encoding='UTF-7'?><a>u</a>") == nil)
        #expect(text("<?xml version='1.0' encoding='UTF-8'") == nil)
        #expect(XMLTree.parse(Array("<a>".utf8) + [0xFC] + Array("</a>".utf8)) == nil)
        for order in [String.Encoding.utf16BigEndian, .utf16LittleEndian, .utf16, .utf32] {
            #expect(XMLTree.parse(Array("<a>u</a>".data(using: order)!)) == nil)
        }
    }

    @Test("what is no element, text or comment is refused, wherever it stands")
    func instructions() {
        for part in ["<?p?>", "<?p data?>", "<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY e 'x'>]>"] {
            #expect(XMLTree.parse(Array("\(part)<a>b</a>".utf8)) == nil)
            #expect(XMLTree.parse(Array("<a>b\(part)</a>".utf8)) == nil)
            #expect(XMLTree.parse(Array("<a>b</a>\(part)".utf8)) == nil)
        }
        #expect(XMLTree.parse(Array("<!-- c --><a><![CDATA[<b>]]></a>".utf8))?.text == "<b>")
    }

    @Test("external entities are not read, deep and swollen documents are refused")
    func hostile() throws {
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("xxe-\(UUID().uuidString)")
        try Data("the-secret".utf8).write(to: secret)
        defer { try? FileManager.default.removeItem(at: secret) }
        let external = XMLTree.parse(
            Array("<!DOCTYPE a [<!ENTITY e SYSTEM \"file://\(secret.path)\">]><a>&e;</a>".utf8))
        #expect(external == nil)
        #expect(
            XMLTree.parse(Array((String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40)).utf8))
                == nil)
        var bomb = "<!DOCTYPE a [<!ENTITY e0 \"xxxxxxxxxx\">"
        for level in 1...12 {
            bomb += "<!ENTITY e\(level) \"" + String(repeating: "&e\(level - 1);", count: 10) + "\">"
        }
        #expect(XMLTree.parse(Array((bomb + "]><a>&e12;</a>").utf8)) == nil)
    }
}
