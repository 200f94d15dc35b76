import Model

/// Reads `Content-Type` and `Content-Encoding`.
enum MediaType {
    /// The value of `Accept-Post`: every type that is taken.
    static let acceptPost = names.map(\.name).joined(separator: ", ")

    private static let names: [(name: String, format: InputFormat)] = [
        ("application/x-ndjson", .ndjson), ("application/ndjson", .ndjson), ("application/jsonl", .ndjson),
        ("application/x-jsonlines", .ndjson), ("application/json", .json),
        ("application/cloudevents-batch+json", .cloudEventsBatch), ("application/cloudevents+json", .cloudEvent),
    ]

    /// The format that a `Content-Type` names; `nil` when it is not taken, or states a charset other than UTF-8.
    /// Other parameters are ignored (RFC 9110, 8.3.1).
    static func format(_ value: String) -> InputFormat? {
        for (name, format) in names where equalIgnoringCase(value.utf8, name.utf8) { return format }
        let parts = value.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(trimmed)
        guard parts.count > 1, let entry = names.first(where: { equalIgnoringCase(parts[0], $0.name.utf8) }) else {
            return nil
        }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, equalIgnoringCase(trimmed(pair[0]), "charset".utf8) else { continue }
            let charset = trimmed(pair[1])
            guard ["utf-8", "\"utf-8\"", "utf8"].contains(where: { equalIgnoringCase(charset, $0.utf8) }) else {
                return nil
            }
        }
        return entry.format
    }

    /// The coding that a `Content-Encoding` names; `nil` for an unknown or a nested one.
    static func coding(_ value: String) -> ContentCoding? {
        let name = trimmed(value.utf8[...])
        if equalIgnoringCase(name, "gzip".utf8) || equalIgnoringCase(name, "x-gzip".utf8) { return .gzip }
        if equalIgnoringCase(name, "zstd".utf8) { return .zstd }
        return equalIgnoringCase(name, "identity".utf8) ? .identity : nil
    }
}

/// Compares ASCII text; letters of either case are equal.
func equalIgnoringCase(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

/// Without blanks at either end (`OWS`, RFC 9110, 5.6.3).
func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    var text = text
    while let byte = text.first, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { text = text.dropFirst() }
    while let byte = text.last, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { text = text.dropLast() }
    return text
}
