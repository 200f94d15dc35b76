import Foundation
import Model
import Payload
import Synchronization

extension FuzzTarget {
    /// JSON against Python's verdicts, under docs/json-policy.md: the input as one document, and each of its lines.
    static let json = FuzzTarget("json", maxBytes: 1 << 12) { input in
        try python.withLock { python in
            if python == nil { python = try PythonJSON(script: script) }
            guard let python else { return }
            noteShape(input)
            try document(input, python)
            for line in input.split(separator: 0x0A).prefix(32) { try event(Array(line), python) }
        }
    }

    private static let python = Mutex<PythonJSON?>(nil)
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("verdicts.py").path
    private static let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]

    private static func rules(_ change: (inout StreamRules) -> Void = { _ in }) -> StreamRules {
        var rules = StreamRules()
        rules.objectsOnly = false
        change(&rules)
        return rules
    }

    // MARK: A line is one event

    private static func event(_ text: [UInt8], _ python: PythonJSON) throws {
        guard !text.allSatisfy(blanks.contains) else { return }
        let verdict = try python.verdict(text)
        let encoder = BatchEncoder()
        func reason(_ rules: StreamRules) throws -> (RejectReason?, Batch) {
            guard let batch = try Batch(.of(text), .ndjson, rules, encoder), batch.processed.received == 1 else {
                throw Breach(description: "a line is not one event")
            }
            return (batch.processed.rejects.first?.reason, batch)
        }
        let (plain, _) = try reason(rules())
        try agree(plain, verdict, depth: verdict.depth)
        Feature.note(UInt32(verdict.error) << 4 | UInt32(plain?.rawValue ?? 0))
        guard plain == nil else { return }
        let (duplicate, _) = try reason(rules { $0.checkDuplicateMembers = true })
        try hold(
            duplicate == (verdict.flags.contains(.hasDuplicateMember) ? .duplicateMember : nil),
            "members of one name: \(String(describing: duplicate)), Python says otherwise")
        let (keyed, batch) = try reason(rules { $0.eventID = "/k" })
        let isKey = verdict.flags.contains(.hasKey) && (1...256).contains(verdict.key.count)
        try hold((keyed == nil) == isKey, "the key: \(String(describing: keyed)), Python says \(isKey)")
        if isKey {
            let key = JSONEscape.escaped(String(decoding: verdict.key, as: UTF8.self))
            try hold(
                try batch.firstLine().starts(with: Array(#"{"event_key":"\#(key)","#.utf8)), "the key is not \(key)")
        }
    }

    /// The verdict is Python's, and so is the reason where there is but one fault to name.
    private static func agree(_ reason: RejectReason?, _ verdict: PythonJSON.Verdict, depth: Int) throws {
        let isTaken = verdict.isTaken && depth <= 64
        try hold((reason == nil) == isTaken, "\(reason?.code ?? "accepted"); by Python \(verdict), \(depth) deep")
        guard let reason else { return }
        let flags = verdict.flags
        let fits =
            switch reason {
            case .invalidUTF8: !flags.contains(.isUTF8)
            case .numberOutOfRange: flags.contains(.hasNumberOutOfRange) && !flags.contains(.hasLoneSurrogate)
            // Where it is no JSON either, Python does not say how deep it is.
            case .tooDeep: depth > 64 || !flags.contains(.isJSON)
            case .malformedJSON:
                flags.contains(.isUTF8) && (!flags.contains(.isJSON) || flags.contains(.hasLoneSurrogate))
            default: false
            }
        try hold(fits, "refused as \(reason.code); by Python \(verdict), \(depth) deep")
    }

    // MARK: A document is an array of events, or one event

    private static func document(_ text: [UInt8], _ python: PythonJSON) throws {
        guard !text.allSatisfy(blanks.contains) else { return }
        let verdict = try python.verdict(text)
        let isArray = text.first { !blanks.contains($0) } == UInt8(ascii: "[")
        // An array's own level is not its events'.
        let depth = isArray ? verdict.depth - 1 : verdict.depth
        let encoder = BatchEncoder()
        let processed: ProcessedBatch
        do throws(PayloadError) {
            processed = try encoder.encode(
                .of(text), format: .json, rules: rules(), identity: Batch.identity, receivedAt: Batch.now)
        } catch {
            switch error {
            // An array of nothing but blanks.
            case .empty: return try hold(verdict.isTaken && depth == 0, "empty; by Python \(verdict)")
            case .malformedDocument(let reason, _):
                return try agree(reason, verdict, depth: verdict.depth >= 1024 ? 1024 : 0)
            default: throw Breach(description: "refused: \(error)")
            }
        }
        try hold(verdict.isTaken, "taken; by Python \(verdict)")
        try hold(processed.rejects.allSatisfy { $0.reason == .tooDeep }, "some of its events are refused")
        try hold(
            processed.rejects.isEmpty == (depth <= 64), "\(processed.rejects.count) too deep, \(depth) deep by Python")
        guard processed.rejects.isEmpty else { return }
        for payload in try Batch(processed, encoder).payloads() {
            try hold(try python.verdict(element: payload).flags.contains(.isEqual), "an event is another than Python's")
        }
    }

    /// What follows what, in and out of strings: simdjson itself is not built for coverage.
    private static func noteShape(_ text: [UInt8]) {
        var (before, inString, depth) = (UInt32(0), false, 0)
        for byte in text {
            let kind: UInt32 =
                switch byte {
                case UInt8(ascii: "\""): 1
                case UInt8(ascii: "\\"): 2
                case UInt8(ascii: "{"), UInt8(ascii: "["): byte == UInt8(ascii: "{") ? 3 : 4
                case UInt8(ascii: "}"), UInt8(ascii: "]"): byte == UInt8(ascii: "}") ? 5 : 6
                case UInt8(ascii: ","), UInt8(ascii: ":"): byte == UInt8(ascii: ",") ? 7 : 8
                case UInt8(ascii: "0"): 9
                case UInt8(ascii: "1")...UInt8(ascii: "9"): 10
                case UInt8(ascii: "-"), UInt8(ascii: "+"): 11
                case UInt8(ascii: "."): 12
                case UInt8(ascii: "e"), UInt8(ascii: "E"): 13
                case UInt8(ascii: "u"): 14
                case 0x20, 0x09, 0x0A, 0x0D: 15
                case 0..<0x20: 16
                case 0x80..<0xC0: 17
                case 0xC0...: 18
                default: 19
                }
            if kind == 1, before != 2 { inString.toggle() }
            if !inString { depth += kind == 3 || kind == 4 ? 1 : kind == 5 || kind == 6 ? -1 : 0 }
            let level = UInt32(min(max(depth, 0), 70) / 10)
            Feature.note(1 << 13 | level << 10 | (inString ? 1 << 9 : 0) | (before * 20 + kind))
            before = before == 2 && kind == 2 ? 0 : kind
        }
    }
}
