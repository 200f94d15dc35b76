import NIOHTTP1

/// The few header fields that mean something here, picked out in one pass. Each of them may come once only.
struct HeaderFields {
    var host: String?
    var contentLength: String?
    var transferEncoding: String?
    var contentType: String?
    var contentEncoding: String?
    var idempotencyKey: String?
    var authorization: String?
    var consistency: String?
    var expect: String?
    var traceparent: String?
    var offersUpgrade = false

    /// Reads all fields; returns what is wrong with them.
    mutating func collect(_ headers: HTTPHeaders) -> String? {
        var once = true
        for (name, value) in headers {
            switch name.utf8.count {
            case 4 where Self.same(name, "host"): once = Self.take(value, &host)
            case 6 where Self.same(name, "expect"): once = Self.take(value, &expect)
            case 7 where Self.same(name, "upgrade"): offersUpgrade = true
            // Repeated: ignored, as an invalid one is.
            case 11 where Self.same(name, "traceparent"): traceparent = traceparent == nil ? value : ""
            case 12 where Self.same(name, "content-type"): once = Self.take(value, &contentType)
            case 13 where Self.same(name, "authorization"): once = Self.take(value, &authorization)
            case 14 where Self.same(name, "content-length"): once = Self.take(value, &contentLength)
            case 15 where Self.same(name, "idempotency-key"): once = Self.take(value, &idempotencyKey)
            case 16 where Self.same(name, "content-encoding"): once = Self.take(value, &contentEncoding)
            case 17 where Self.same(name, "transfer-encoding"): once = Self.take(value, &transferEncoding)
            case 18 where Self.same(name, "sluice-consistency"): once = Self.take(value, &consistency)
            default: continue
            }
            if !once { return "A header field that may come once came twice." }
        }
        return nil
    }

    /// `uri-host [":" port]` by its characters (RFC 9110, 7.2), not empty.
    static func isHost(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~%!$&'()*+;=:[]".utf8.contains(byte)
                }
            }
    }

    private static func same(_ name: String, _ known: StaticString) -> Bool {
        known.withUTF8Buffer { equalIgnoringCase(name.utf8, $0) }
    }

    /// Sets the field; false when it was set before.
    private static func take(_ value: String, _ field: inout String?) -> Bool {
        defer { field = value }
        return field == nil
    }
}
