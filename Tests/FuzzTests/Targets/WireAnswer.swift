import Foundation

@testable import Edge

/// One answer, read off the wire by rules of its own and stricter ones than clients have.
struct WireAnswer: Equatable {
    var status: Int
    /// Without the date.
    var head: [String]
    var body: [UInt8]

    /// No answer will follow it.
    var closes: Bool { head.contains("Connection: close") }

    /// Of a head with several faults it depends on the cuts which one is met first: a field too many, say, or what is wrong
    /// with its name.
    var inEssence: WireAnswer {
        closes && [400, 414, 431].contains(status) ? WireAnswer(status: 400, head: [], body: []) : self
    }

    private static let statuses = Set(ProblemType.allCases.map(\.status) + [100, 200, 201, 202])
    private static let names: Set<String> = [
        "Date", "Content-Type", "Content-Length", "Cache-Control", "Connection", "traceparent", "Retry-After", "Allow",
        "Accept-Post", "Accept-Encoding", "WWW-Authenticate", "Idempotency-Replayed",
    ]

    /// The final answers; throws at the first byte that is out of place.
    static func all(in output: [UInt8]) throws -> [WireAnswer] {
        var rest = output[...]
        var answers: [WireAnswer] = []
        while !rest.isEmpty {
            let answer = try WireAnswer(&rest)
            try answer.check()
            if answer.status != 100 { answers.append(answer) }
        }
        return answers
    }

    private init(status: Int, head: [String], body: [UInt8]) {
        self.status = status
        self.head = head
        self.body = body
    }

    private init(_ rest: inout ArraySlice<UInt8>) throws {
        let end = rest.indices.first { rest[$0...].starts(with: [13, 10, 13, 10]) }
        guard let end else { throw Breach(description: "a head without end") }
        let lines = String(decoding: rest[..<end], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        rest = rest[(end + 4)...]
        guard let line = lines[0].wholeMatch(of: #/HTTP/1\.1 ([0-9]{3}) ([A-Za-z ]*)/#), let status = Int(line.1) else {
            throw Breach(description: "a status line that is none: \(lines[0])")
        }
        self.status = status
        head = []
        var length = 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1)
            guard parts.count == 2, WireAnswer.names.contains(String(parts[0])),
                parts[1].utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else { throw Breach(description: "a field that is none of ours: \(line)") }
            if parts[0] == "Content-Length" { length = Int(parts[1]) ?? -1 }
            if parts[0] != "Date" { head.append(String(line)) }
        }
        // To HEAD there is none, whatever its length would be; and no body begins like a status line.
        if rest.isEmpty || rest.starts(with: Array("HTTP/1.1 ".utf8)) { length = 0 }
        guard (0...rest.count).contains(length) else {
            throw Breach(description: "a body shorter than \(length) bytes")
        }
        body = Array(rest.prefix(length))
        rest = rest.dropFirst(length)
    }

    private func check() throws {
        try hold(WireAnswer.statuses.contains(status), "a status that is documented nowhere: \(status)")
        func has(_ name: String) -> Bool { head.contains { $0.hasPrefix(name + ": ") } }
        for (status, name) in [(405, "Allow"), (401, "WWW-Authenticate"), (429, "Retry-After"), (503, "Retry-After")] {
            try hold(self.status != status || has(name), "\(status) without \(name)")
        }
        guard status >= 400 else { return }
        try hold(head.contains("Content-Type: application/problem+json"), "\(status) is no problem")
        guard !body.isEmpty else { return }
        let members = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let type = ProblemType.allCases.first { $0.uri == members?["type"] as? String }
        try hold(type?.status == status && members?["status"] as? Int == status, "\(status) with another problem")
    }
}
