import ArgumentParser
import Foundation

/// Where the control plane is and with which key it is asked; the same options on every command that speaks to it.
struct ControlClient: ParsableArguments {
    @Option(help: "The gateway's control plane. (default: SLUICE_URL, or http://127.0.0.1:8081)")
    var url: String?

    @Option(help: "A file with the operator's key. (default: the key itself in SLUICE_KEY)")
    var keyFile: String?

    @Flag(help: "Print the gateway's answer as JSON.")
    var json = false

    private var environment: [String: String] { ProcessInfo.processInfo.environment }
    var address: String { url ?? environment["SLUICE_URL"] ?? "http://127.0.0.1:8081" }

    private struct Problem: Decodable {
        var title: String
        var detail: String
        var faults: [String]?
    }

    /// Asks, and ends the command with a plain word when the gateway refuses (1) or is not reached (2).
    func ask(_ method: String, _ path: String, _ body: [String: any Encodable & Sendable]? = nil) throws -> String {
        let answer: LocalHTTP.Answer
        do {
            answer = try LocalHTTP.send(
                method, address, path: path, headers: try credentials(), body: try body.map(Self.encode))
        } catch let error as LocalHTTP.Failure {
            say("\(address): \(error); is the gateway running there, with its control plane?")
            throw ExitCode(2)
        }
        guard (200..<300).contains(answer.status) || path == "/readyz" else {
            if let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body.utf8)) {
                say("\(problem.title): \(problem.detail)")
                for fault in problem.faults ?? [] { say(fault) }
                if answer.status == 401 { say("give an operator's key with --key-file, or in SLUICE_KEY") }
            } else {
                say("\(address) answered \(answer.status)")
            }
            throw ExitCode(1)
        }
        return answer.body
    }

    /// Asks for a document. With `--json` it is printed, and `show` is left out.
    func show<Document: Decodable>(
        _ method: String, _ path: String, _ body: [String: any Encodable & Sendable]? = nil, as type: Document.Type,
        _ show: (Document) throws -> Void
    ) throws {
        let text = try ask(method, path, body)
        if json { return print(text.trimmingCharacters(in: .newlines)) }
        try show(try JSONDecoder().decode(type, from: Data(text.utf8)))
    }

    /// One segment of a path, encoded.
    static func segment(_ text: String) -> String {
        let plain = CharacterSet.alphanumerics.intersection(
            CharacterSet(charactersIn: Unicode.Scalar(0)...Unicode.Scalar(0x7f))
        )
        .union(CharacterSet(charactersIn: "-._~"))
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }

    private func credentials() throws -> [String: String] {
        if let keyFile {
            guard let data = FileManager.default.contents(atPath: keyFile) else {
                say("\(keyFile) can't be read")
                throw ExitCode(2)
            }
            let key = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            return ["Authorization": "Bearer \(key)"]
        }
        return environment["SLUICE_KEY"].map { ["Authorization": "Bearer \($0)"] } ?? [:]
    }

    private static func encode(_ body: [String: any Encodable & Sendable]) throws -> String {
        var members: [String] = []
        for (name, value) in body.sorted(by: { $0.key < $1.key }) {
            let data = try JSONEncoder().encode([value].map(AnyEncodable.init))
            members.append("\"\(name)\":\(String(decoding: data.dropFirst().dropLast(), as: UTF8.self))")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private struct AnyEncodable: Encodable {
        var value: any Encodable
        init(_ value: any Encodable) { self.value = value }
        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }

    private func say(_ text: String) { print("sluice: \(text)", to: &StandardError.shared) }
}
