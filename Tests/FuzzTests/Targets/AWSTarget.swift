import Curl
import Foundation
import Model
import SystemPackage

@testable import AWS
@testable import Landing

extension FuzzTarget {
    /// What S3, STS, the metadata services and the shared files say. The first byte chooses: `X` XML, `D` a credentials
    /// document, `P` profiles, `H` single header values, one a line.
    static let aws = FuzzTarget("aws", maxBytes: 1 << 14) { input in
        let rest = Array(input.dropFirst())
        switch input.first {
        case UInt8(ascii: "X"): try xml(rest)
        case UInt8(ascii: "D"): try document(rest)
        case UInt8(ascii: "P"): try profiles(rest)
        case UInt8(ascii: "H"):
            for line in rest.split(separator: 0x0A, maxSplits: 8) { try header(String(decoding: line, as: UTF8.self)) }
        default: break
        }
    }

    private static let now = Timestamp(microseconds: 1_767_225_600_000_000)

    // MARK: XML

    private static func xml(_ bytes: [UInt8]) throws {
        let tree = XMLTree.parse(bytes)
        if let tree {
            try hold(depth(tree) <= 32, "nested \(depth(tree)) deep")
            let texts = texts(tree)
            // No entity may make much of little.
            try hold(
                texts.reduce(0) { $0 + $1.utf8.count } <= bytes.count * 4, "\(bytes.count) bytes of XML made more text")
            // Written anew, it is the same document.
            try hold(XMLTree.parse(Array(written(tree).utf8)) == tree, "read again, it is another document")
        }
        if let error = ErrorDocument(bytes) {
            try hold(!error.code.isEmpty && isOneLine("\(error)"), "an error document that is none")
        }
        if let listing = S3Listing(bytes) {
            try hold(tree?.name == "ListBucketResult", "a listing that is none")
            try hold(listing.entries.allSatisfy { $0.length >= 0 }, "a negative length")
            try hold(listing.next != "", "a page that does not say where the next one is")
            for _ in listing.entries.indices.dropFirst(bytes.count / 8) {
                throw Breach(description: "too many entries")
            }
        }
        for status in [200, 403] {
            let response = HTTPResponse(status: status, headers: [HTTPField("Date", "x")], body: bytes)
            let error = S3Error(response)
            try hold(isOneLine(error.code + error.message) && error.code.count <= 64, "S3's words are not one line")
            _ = StoreFailure(response, error, at: S3Location(bucket: "b-1", region: "r"))
            switch STSReply(.success(response), to: call) {
            case .credentials(let credentials):
                try hold(status == 200, "credentials with status \(status)")
                try check(credentials)
                try hold(credentials.expiration != nil && credentials.sessionToken != nil, "STS gave lasting keys")
            case .tryAgain(let error), .skewed(_, let error), .refused(let error):
                try hold(isOneLine("\(error)"), "STS's words are not one line: \(error)")
            }
        }
    }

    private static let call = STSCall(
        action: "AssumeRole", role: Role(arn: "arn:r", sessionName: "s"), parameters: [], signedWith: nil,
        place: STSEndpoint(endpoint: Endpoint("https://sts.example")!, region: "r"), source: "test")

    private static func depth(_ tree: XMLTree) -> Int { 1 + (tree.children.map(depth).max() ?? 0) }
    private static func texts(_ tree: XMLTree) -> [String] { [tree.text] + tree.children.flatMap(texts) }

    private static func written(_ tree: XMLTree) -> String {
        var text = "<\(tree.name)>"
        for scalar in tree.text.unicodeScalars {
            switch scalar {
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            case "\r": text += "&#13;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + tree.children.map(written).joined() + "</\(tree.name)>"
    }

    // MARK: Credentials

    private static func document(_ bytes: [UInt8]) throws {
        for temporary in [true, false] {
            do {
                let credentials = try CredentialDocument(bytes).credentials(from: "test", temporary: temporary)
                try check(credentials)
                try hold(
                    !temporary || credentials.sessionToken != nil && credentials.expiration != nil,
                    "temporary credentials that are not")
            } catch let fault as CredentialDocument.Fault {
                try hold(isOneLine(fault.detail), "a fault of more than one line")
            }
        }
    }

    /// They become headers.
    private static func check(_ credentials: Credentials) throws {
        for part in [credentials.accessKeyID, credentials.secretAccessKey.reveal(), credentials.sessionToken?.reveal()]
        {
            guard let part else { continue }
            try hold(!part.isEmpty && part.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a key that breaks a header")
        }
        let secret = credentials.secretAccessKey.reveal()
        try hold(
            secret.utf8.count < 8 || secret == credentials.accessKeyID || !"\(credentials)".contains(secret),
            "the secret is shown")
    }

    private static func profiles(_ bytes: [UInt8]) throws {
        let surroundings = Surroundings(variables: ["HOME": "/h"]) { path in
            path.string == "/h/.aws/config" ? .success(bytes) : .success([])
        }
        let lines = 1 + String(decoding: bytes, as: UTF8.self).count(where: \.isNewline)
        do throws(ProfileFile.SyntaxError) {
            let file = try ProfileFile(String(decoding: bytes, as: UTF8.self))
            let profiles = try? Profiles.load(surroundings)
            for name in file.sections.keys.sorted() {
                let name = name.hasPrefix("profile ") ? String(name.dropFirst(8)) : name
                guard let profile = profiles?[name] else { continue }
                do throws(CredentialError) {
                    let plan = try ProfilePlan.make(for: profile, of: profiles!, sessionName: "s")
                    if case .keys(let credentials) = plan { try? check(credentials) }
                } catch { _ = error.description }
            }
        } catch {
            if !(1...lines).contains(error.line) || error.problem.isEmpty {
                fatalError("line \(error.line) of \(lines)")
            }
        }
    }

    // MARK: Header values

    private static func header(_ text: String) throws {
        if let time = HTTPDate.parse(text) {
            try hold(text.utf8.count == 29, "a date of \(text.utf8.count) bytes")
            var skew = ClockSkew()
            if case .retry = skew.learn(serverDate: text, signedAt: now, now: now) {
                try hold(skew.corrected(now) == time, "the clock is corrected to another time")
            }
        }
        if let time = Timestamp(iso8601: text) {
            try hold(Timestamp(iso8601: time.description) == time, "\(time) does not come back")
        }
        if let endpoint = Endpoint(text) {
            try hold(Endpoint(endpoint.description) == endpoint, "\(endpoint) is another endpoint when read again")
            try hold(isOneLine(endpoint.url("/x")), "an endpoint that breaks a request line")
        }
        let encoded = PercentEncoding.component(text)
        try hold(PercentEncoding.decode(encoded) == Array(text.utf8), "percent encoding does not come back")
        try hold(
            encoded.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "&") }, "encoded as \(encoded)")
        _ = PercentEncoding.decode(text)
        for status in [200, 403, 429] {
            let response = HTTPResponse(status: status, headers: [HTTPField("Retry-After", text)])
            let failure = StoreFailure(response, S3Error(response), at: S3Location(bucket: "b-1", region: "r"))
            if let wait = failure.retryAfter {
                try hold(wait >= .zero && wait <= .seconds(3600), "Retry-After of \(wait)")
            }
        }
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
