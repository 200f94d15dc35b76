/// What a server said, fit for a log: at most 400 characters, and no control characters, which could fake other lines.
func shown(_ text: String) -> String {
    let safe = text.unicodeScalars.prefix(400).map { $0.properties.generalCategory == .control ? " " : $0 }
    return String(String.UnicodeScalarView(safe)) + (text.unicodeScalars.count > 400 ? "…" : "")
}
