/// One shared config or credentials file: sections of `key = value` lines.
///
/// As AWS's tools read it: `#` and `;` begin a comment at the start of a line, or after white space within one; section
/// names may be quoted; keys have no case; a section that comes again is merged; lines indented deeper than the key
/// above them belong to that key (`s3 =` and the settings below it) and are of no interest here.
struct ProfileFile {
    /// Never quotes a line: it may hold a secret.
    struct SyntaxError: Error, Hashable {
        var line: Int
        var problem: String
    }

    private(set) var sections: [String: [String: String]] = [:]

    init(_ text: String) throws(SyntaxError) {
        var section: String?
        var keyIndent: Int?
        let bytes = text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? Substring(text.utf8.dropFirst(3)) : text[...]
        for (index, line) in bytes.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let indent = line.prefix { $0 == " " || $0 == "\t" }.count
            let content = ProfileFile.trimmed(line)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content.hasPrefix("["), indent == 0 {
                guard let close = content.firstIndex(of: "]") else {
                    throw SyntaxError(line: index + 1, problem: "a section name without its closing bracket")
                }
                let name = ProfileFile.sectionName(content[content.index(after: content.startIndex)..<close])
                sections[name, default: [:]].merge([:]) { old, _ in old }
                section = name
                keyIndent = nil
                continue
            }
            if let keyIndent, indent > keyIndent { continue }
            guard let section else {
                throw SyntaxError(line: index + 1, problem: "a setting before the first [section]")
            }
            guard let equals = content.firstIndex(of: "="), equals > content.startIndex else {
                throw SyntaxError(line: index + 1, problem: "neither a [section], a key = value, nor a comment")
            }
            let key = ProfileFile.trimmed(content[..<equals]).lowercased()
            sections[section, default: [:]][key] = ProfileFile.value(content[content.index(after: equals)...])
            keyIndent = indent
        }
    }

    /// Words divided by one space, quotes around a word removed: `profile  "my role"` is `profile my role`.
    private static func sectionName(_ text: Substring) -> String {
        let text = trimmed(text)
        guard let space = text.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return unquoted(text) }
        return "\(text[..<space]) \(unquoted(trimmed(text[space...])))"
    }

    private static func unquoted(_ text: Substring) -> String {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return String(text)
    }

    private static func value(_ text: Substring) -> String {
        var end = text.startIndex
        var afterSpace = false
        while end < text.endIndex {
            if afterSpace, text[end] == "#" || text[end] == ";" { break }
            afterSpace = text[end] == " " || text[end] == "\t"
            end = text.index(after: end)
        }
        return String(trimmed(text[..<end]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
