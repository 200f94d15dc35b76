/// A valid W3C `traceparent` of version 00. An invalid one is ignored, as the recommendation asks.
struct TraceParent: Equatable {
    /// As it came: 55 characters of lowercase hex and dashes, safe to send back.
    let text: String

    /// 32 hex digits, for logs.
    var traceID: String { String(text.utf8.dropFirst(3).prefix(32)) ?? "" }

    init?(_ value: String) {
        let bytes = Array(value.utf8)
        guard bytes.count == 55, bytes.starts(with: "00-".utf8), bytes[35] == UInt8(ascii: "-"),
            bytes[52] == UInt8(ascii: "-")
        else { return nil }
        let trace = bytes[3..<35]
        let parent = bytes[36..<52]
        guard (trace + parent + bytes[53..<55]).allSatisfy(TraceParent.isHex),
            trace.contains(where: { $0 != UInt8(ascii: "0") }), parent.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        text = value
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
