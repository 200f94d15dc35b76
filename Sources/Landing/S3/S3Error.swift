import AWS
import Curl

/// The `<Error>` document of a reply, as far as it is used.
struct S3Error: Equatable {
    var code = ""
    var message = ""
    /// Where the bucket is, of a redirect.
    var region: String?

    /// What the reply says; empty when it says nothing that can be read (a HEAD has no body).
    init(_ response: HTTPResponse) {
        region = response.header("x-amz-bucket-region")
        guard response.body.count <= 64 << 10, response.body.contains(UInt8(ascii: "<")),
            let root = XMLTree.parse(response.body), root.name == "Error"
        else { return }
        code = S3Error.plain(root["Code"]?.text ?? "", most: 64)
        message = S3Error.plain(root["Message"]?.text ?? "", most: 300)
        region = region ?? root["Region"]?.text
    }

    /// A server's words go into logs and problem details: one line, printable, not endless.
    private static func plain(_ text: String, most: Int) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }.prefix(most))
    }
}
