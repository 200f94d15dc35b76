import Model

/// What happened in a world, line by line, and a digest of all of it: two runs of a seed are the same if their digests are.
final class History: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    private var hash = SHA256()
    private let loop: StepLoop
    private let isKept: Bool
    private(set) var lines: [String] = []

    /// - Parameter isKept: keep the lines too, for people.
    init(_ loop: StepLoop, isKept: Bool) {
        self.loop = loop
        self.isKept = isKept
    }

    func note(_ place: String, _ what: String) {
        var line = "\(loop.now.nanoseconds) \(loop.count) \(place) \(what)\n"
        line.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        if isKept { lines.append("\(clock)  \(place.padded(to: 9))  \(what)") }
    }

    /// Of the landing zone as it is in the end; too much for people.
    func note(object name: String, _ bytes: [UInt8]) {
        for part in [Array(name.utf8), bytes] { part.withUnsafeBytes { hash.update($0) } }
    }

    /// Hex.
    var digest: String { hexText(hash.finish()) }

    private var clock: String {
        let milliseconds = loop.now.nanoseconds / 1_000_000
        let parts = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1000 % 60]
        return parts.map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")
            + "." + "\(1000 + milliseconds % 1000)".dropFirst()
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
