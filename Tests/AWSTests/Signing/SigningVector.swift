import AWS
import Curl
import Foundation
import Model
import Testing

/// One directory of AWS's signing suite: a request, how to sign it, and every step's result. Not part of the
/// repository: where the suite is absent, the tests on it say so and pass.
struct SigningVector: Sendable, CustomTestStringConvertible {
    private struct Context: Decodable {
        struct Keys: Decodable {
            var access_key_id: String
            var secret_access_key: String
            var token: String?
        }
        var credentials: Keys
        var expiration_in_seconds: Int64
        var normalize: Bool
        var region: String
        var service: String
        var sign_body: Bool
        var timestamp: String
        var omit_session_token: Bool?
    }

    let name: String
    let directory: URL
    let request: SigningRequest
    let body: String
    let credentials: Credentials
    let moment: Timestamp
    let lifetime: Duration
    let signer: Signer

    var testDescription: String { name }

    /// The result of a step as the suite has it, such as `header-canonical-request`.
    func expected(_ step: String) throws -> String {
        try String(contentsOf: directory.appendingPathComponent("\(step).txt"), encoding: .utf8)
    }

    /// The request as it goes on the wire, in the form of the suite's `*-signed-request.txt`.
    func wire(query: String, adding headers: [HTTPField] = []) -> String {
        let target = request.path + (query.isEmpty ? "" : "?\(query)")
        let lines = (request.headers + headers).map { "\($0.name):\($0.value)\n" }.joined()
        return "\(request.method) \(target) HTTP/1.1\n\(lines)\n\(body)"
    }

    static let all: [SigningVector] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let vectors =
            ProcessInfo.processInfo.environment["SLUICE_VECTORS"].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared/vectors")
        let directory = vectors.appendingPathComponent("sigv4")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory.path) else {
            print("SKIPPED: no signing vectors at \(directory.path); set SLUICE_VECTORS")
            return []
        }
        return names.sorted().filter { $0.hasPrefix("get-") || $0.hasPrefix("post-") }.map {
            try! SigningVector(name: $0, directory: directory.appendingPathComponent($0))
        }
    }()

    private init(name: String, directory: URL) throws {
        self.name = name
        self.directory = directory
        let context = try JSONDecoder().decode(
            Context.self, from: Data(contentsOf: directory.appendingPathComponent("context.json")))
        let text = try String(contentsOf: directory.appendingPathComponent("request.txt"), encoding: .utf8)
        let (head, body) =
            text.range(of: "\n\n").map { (text[..<$0.lowerBound], text[$0.upperBound...]) } ?? (text[...], "")
        self.body = String(body)
        var lines = head.split(separator: "\n")
        let start = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
        var headers: [HTTPField] = []
        for line in lines {
            if line.first == " " {
                headers[headers.count - 1].value += "\n\(line)"
            } else {
                let colon = line.firstIndex(of: ":")!
                headers.append(HTTPField(String(line[..<colon]), String(line[line.index(after: colon)...])))
            }
        }
        // A target may hold a space: it is all between the method and the version.
        let target = start.dropFirst().dropLast().joined(separator: " ").split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        request = SigningRequest(
            method: String(start[0]), path: String(target[0]), query: target.count > 1 ? String(target[1]) : "",
            headers: headers,
            payload: context.sign_body ? .sha256(SHA256.hash(Array(body.utf8))) : .empty)
        credentials = Credentials(
            accessKeyID: context.credentials.access_key_id,
            secretAccessKey: Secret(context.credentials.secret_access_key),
            sessionToken: context.credentials.token.map { Secret($0) }, source: "the suite")
        moment = Timestamp(rfc3339: context.timestamp.dropLast() + ".000000Z")!
        lifetime = .seconds(context.expiration_in_seconds)
        signer = Signer(
            region: context.region, service: context.service,
            rules: SigningRules(
                path: context.normalize ? .normalized : .encodedAgain, sendsPayloadHash: context.sign_body,
                signsSessionToken: context.omit_session_token != true))
    }
}
