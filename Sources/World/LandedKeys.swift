/// The event keys in a landing object, in order.
enum LandedKeys {
    static func of(_ object: [UInt8]) throws -> [String] { try events(of: object).map(\.key) }

    static func events(of object: [UInt8]) throws -> [LandedEvent] {
        try LandedText.of(object).split(separator: UInt8(ascii: "\n")).map { LandedEvent(key: key($0), line: $0) }
    }

    /// A line begins with `{"event_key":"`; the keys of simulated events have nothing to escape.
    private static func key(_ line: some Collection<UInt8>) -> String {
        String(
            decoding: line.dropFirst(#"{"event_key":""#.utf8.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
