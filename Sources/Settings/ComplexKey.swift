/// A YAML key that is itself a list or a mapping, or an alias, which may stand for one. No setting has one, and the parser takes
/// time that doubles with each level of such keys when one is given twice.
enum ComplexKey {
    /// Where the first one stands, both from 1.
    static func place(in text: String) -> (line: Int, column: Int)? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: breaks.contains)
        for (index, line) in lines.enumerated() {
            let bare = line.replacing(#/"(?:[^"\\]|\\.)*"|'[^']*'|(?:^|\s)\#.*/#) {
                String(repeating: "_", count: $0.count)
            }
            let sign = #/^(?:\s|-\s)*\?(?:\s|$)|[\[{,]\s*\?\s|(?:[\]}]|\*[^\s,\[\]{}]+)\s*:(?:\s|$)/#
            if let match = bare.firstMatch(of: sign),
                let place = match.output.firstIndex(where: { "?]}*".contains($0) })
            {
                return (index + 1, bare.distance(from: bare.startIndex, to: place) + 1)
            }
        }
        return nil
    }

    /// What ends a line in YAML 1.1 (5.4). For Swift a form feed does, too.
    private static let breaks: Set<Character> = ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"]
}
