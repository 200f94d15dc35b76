/// What a text may be, where that is more than "anything".
package enum TextRule: String, Sendable {
    case anything = "text"
    case bucket = "bucket name"
    case prefix = "key prefix"
    case url = "http(s) URL"
    case zone = "zone name"

    /// What is wrong with the text; `nil` when nothing is.
    func fault(in text: String) -> String? {
        switch self {
        case .anything: return nil
        case .bucket:
            guard text.wholeMatch(of: #/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/#) != nil else {
                return "`\(text)` is no bucket name: 3 to 63 of a-z, 0-9, dots and hyphens, no scheme and no path"
            }
        case .prefix:
            guard text.utf8.count <= 512,
                text.wholeMatch(of: #/[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*/#) != nil
            else {
                return
                    "`\(text)` is no prefix: words of [A-Za-z0-9._=-] divided by /, none at either end, at most 512 bytes"
            }
        case .url:
            guard text.wholeMatch(of: #/https?:\/\/[A-Za-z0-9.\[\]:-]+/#) != nil else {
                return "`\(text)` is no endpoint: http:// or https://, a host, perhaps a port, and no path"
            }
        case .zone:
            guard text.wholeMatch(of: #/[a-z0-9][a-z0-9-]{0,31}/#) != nil else {
                return "`\(text)` is no zone name: [a-z0-9][a-z0-9-]{0,31}"
            }
        }
        return nil
    }
}
