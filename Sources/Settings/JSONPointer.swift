/// RFC 6901.
enum JSONPointer {
    /// Whether the text points into a document: it begins with `/`, and every `~` is followed by 0 or 1.
    static func isValid(_ text: String) -> Bool {
        text.hasPrefix("/")
            && text.split(separator: "~", omittingEmptySubsequences: false).dropFirst().allSatisfy {
                $0.hasPrefix("0") || $0.hasPrefix("1")
            }
    }
}
