import Foundation
import Model
import Payload
import Testing

@Suite struct JSONSuiteTests {
    /// One row of the policy's table.
    struct Row {
        var pattern: String
        /// `nil`: accepted.
        var reason: String?
    }

    private func wholeDocument(_ bytes: Data) throws -> RejectReason? {
        var encoding = Encoding.anyValue
        encoding.format = .json
        // An array's elements are its events: within another array, the text itself is the only event.
        return try encoding.verdict(body(Array("[".utf8) + bytes + Array("]".utf8)))
    }

    private func asSent(_ bytes: Data) -> (accepted: Bool, reason: String) {
        var encoding = Encoding.anyValue
        encoding.format = .json
        do {
            let processed = try encoding.process(body(bytes))
            return (processed.rejects.isEmpty, processed.rejects.first?.reason.code ?? "accepted")
        } catch .empty {
            return (true, "no events")
        } catch .malformedDocument(let reason, _) {
            return (false, reason.code)
        } catch {
            return (false, "\(error)")
        }
    }

    private func line(_ bytes: Data) throws -> RejectReason? { try Encoding.anyValue.verdict(body(bytes)) }

    @Test("every valid text is taken, as a document and as a line")
    func valid() throws {
        for (name, bytes) in try Vectors.json() where name.hasPrefix("y_") {
            #expect(asSent(bytes).accepted, "\(name): \(asSent(bytes).reason)")
            #expect(try wholeDocument(bytes) == nil, "\(name) as an element")
            if !bytes.contains(UInt8(ascii: "\n")) {
                #expect(try line(bytes) == nil, "\(name) as a line")
            }
        }
    }

    @Test("no invalid text is taken, neither as a document nor as a line")
    func invalid() throws {
        for (name, bytes) in try Vectors.json() where name.hasPrefix("n_") {
            #expect(!asSent(bytes).accepted || bytes.allSatisfy { $0 == 0x20 }, "\(name) as a document")
            guard !bytes.contains(UInt8(ascii: "\n")), !bytes.allSatisfy({ $0 == 0x20 }) else { continue }
            #expect(try line(bytes) != nil, "\(name) as a line")
        }
    }

    @Test("what RFC 8259 leaves open is decided as docs/json-policy.md says")
    func open() throws {
        let rows = try policy()
        #expect(rows.count >= 5)
        for (name, bytes) in try Vectors.json() where name.hasPrefix("i_") {
            let fitting = rows.filter { fits(name, $0.pattern) }
            guard fitting.count == 1, let row = fitting.first else {
                Issue.record("\(name): \(fitting.count) rows of docs/json-policy.md name it, not one")
                continue
            }
            #expect(asSent(bytes).reason == row.reason ?? "accepted", "\(name) as a document")
            if !bytes.contains(UInt8(ascii: "\n")) {
                #expect(try line(bytes)?.code == row.reason, "\(name) as a line")
            }
        }
    }

    /// Whether the name is the pattern with its `*` filled in.
    private func fits(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return name == pattern }
        guard name.hasPrefix(parts[0]), name.hasSuffix(parts[parts.count - 1]) else { return false }
        var rest = name.dropFirst(parts[0].count).dropLast(parts[parts.count - 1].count)
        for part in parts[1..<(parts.count - 1)] {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }

    private func policy() throws -> [Row] {
        try Vectors.policy().split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 2, cells[0].hasPrefix("`i_") else { return nil }
            let verdict = cells[1].replacing("`", with: "")
            return Row(
                pattern: cells[0].replacing("`", with: ""),
                reason: verdict == "accepted" ? nil : String(verdict.dropFirst("refused: ".count)))
        }
    }
}
