import Foundation

/// How far a long command has come, on standard error: over one line of a terminal, or a line each half minute in a log.
final class ProgressLine {
    private let isTerminal = isatty(2) == 1
    private var last = ContinuousClock.now
    private var shown = 0

    func show(_ text: () -> String) {
        let now = ContinuousClock.now
        guard now - last >= (isTerminal ? .milliseconds(200) : .seconds(30)) else { return }
        last = now
        let text = text()
        // Blanks wipe what a longer line before it left.
        let line = text + String(repeating: " ", count: max(0, shown - text.count))
        print(isTerminal ? "\r\(line)" : text, terminator: isTerminal ? "" : "\n", to: &StandardError.shared)
        shown = text.count
    }

    /// Leaves the line, if there is one.
    func end() {
        if isTerminal, shown > 0 { print("", to: &StandardError.shared) }
        shown = 0
    }
}

/// Bytes for people: `1.5 GB`.
struct ByteText: CustomStringConvertible {
    private let bytes: Int64

    init(_ bytes: Int64) { self.bytes = bytes }

    var description: String {
        var value = Double(bytes)
        for unit in ["bytes", "kB", "MB", "GB"] {
            if value < 1000 { return unit == "bytes" ? "\(bytes) bytes" : String(format: "%.1f %@", value, unit) }
            value /= 1000
        }
        return String(format: "%.1f TB", value)
    }
}
