/// A path below `/v1/streams/`, taken apart and not yet checked: `{stream}/events`, or `{stream}/receipts/{batch_key}`.
struct StreamTarget: Equatable {
    var stream: Substring
    /// `nil` for events.
    var batchKey: Substring?

    /// `nil` when nothing is served there.
    init?(_ path: Substring) {
        let prefix = "/v1/streams/"
        guard path.utf8.starts(with: prefix.utf8) else { return nil }
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        // A batch key may be `events`: what is asked for stands between the first two slashes.
        if let end = rest.firstIndex(of: UInt8(ascii: "/")), end > rest.startIndex {
            let tail = rest[rest.index(after: end)...]
            let receipts = "receipts/"
            if tail.starts(with: receipts.utf8), tail.count > receipts.utf8.count {
                stream = Substring(rest[..<end])
                batchKey = Substring(tail.dropFirst(receipts.utf8.count))
                return
            }
        }
        let suffix = "/events"
        guard rest.count > suffix.utf8.count, rest.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else {
            return nil
        }
        stream = Substring(rest.dropLast(suffix.utf8.count))
    }
}
