import Foundation

/// One line of a landing object taken apart, as the gateway wrote it: members in their order, no blanks between them.
struct LandedLine {
    /// Inside its quotes, escaped as it stands.
    var eventKey: UnsafeRawBufferPointer
    var batchKey: UnsafeRawBufferPointer
    var batchIndex: Int
    var producer: UnsafeRawBufferPointer
    var receivedAt: UnsafeRawBufferPointer
    /// The event's bytes as it was sent.
    var payload: UnsafeRawBufferPointer

    /// nil: it is no line of a gateway. The parts point into `line`.
    init?(_ line: UnsafeRawBufferPointer) {
        var rest = line[...]
        guard let eventKey = Self.string(after: #"{"event_key":"#, &rest),
            let batchKey = Self.string(after: #","batch_key":"#, &rest),
            let index = Self.number(after: #","batch_index":"#, &rest),
            Self.number(after: #","batch_size":"#, &rest) != nil,
            let producer = Self.string(after: #","producer":"#, &rest),
            let receivedAt = Self.string(after: #","received_at":"#, &rest),
            Self.skip(#","payload":"#, &rest), rest.count > 1, rest.last == UInt8(ascii: "}")
        else { return nil }
        self.eventKey = eventKey
        self.batchKey = batchKey
        batchIndex = index
        self.producer = producer
        self.receivedAt = receivedAt
        payload = UnsafeRawBufferPointer(rebasing: rest.dropLast())
    }

    /// Whether the event has no id of its own: its key is `<batch key>:<index>`.
    var hasDerivedKey: Bool { eventKey.elementsEqual(Array(batchKey) + Array(":\(batchIndex)".utf8)) }

    /// A string's text.
    static func text(_ inside: UnsafeRawBufferPointer) -> String? {
        try? JSONDecoder().decode(String.self, from: Data("\"".utf8) + Data(inside) + Data("\"".utf8))
    }

    private static func skip(_ word: StaticString, _ rest: inout Slice<UnsafeRawBufferPointer>) -> Bool {
        let bytes = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard rest.starts(with: bytes) else { return false }
        rest = rest.dropFirst(bytes.count)
        return true
    }

    private static func string(
        after word: StaticString, _ rest: inout Slice<UnsafeRawBufferPointer>
    ) -> UnsafeRawBufferPointer? {
        guard skip(word, &rest), rest.first == UInt8(ascii: "\"") else { return nil }
        let start = rest.startIndex + 1
        var index = start
        while index < rest.endIndex {
            switch rest[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""):
                defer { rest = rest[(index + 1)...] }
                return UnsafeRawBufferPointer(rebasing: rest[start..<index])
            default: index += 1
            }
        }
        return nil
    }

    private static func number(after word: StaticString, _ rest: inout Slice<UnsafeRawBufferPointer>) -> Int? {
        guard skip(word, &rest) else { return nil }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        rest = rest[digits.endIndex...]
        return value
    }
}
