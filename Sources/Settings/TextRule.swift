import AWS

/// What a text may be, where that is more than "anything".
package enum TextRule: String, Sendable {
    case bucket = "bucket name"
    case prefix = "key prefix"
    case url = "http(s) URL"
    case zone = "zone name"
    case region = "region"
    case profile = "profile name"
    case kmsKey = "KMS key"
    case storageClass = "storage class"
    case file = "file"

    /// What is wrong with the text; `nil` when nothing is.
    func fault(in text: String) -> String? {
        switch self {
        case .bucket:
            guard text.wholeMatch(of: #/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/#) != nil else {
                return "`\(text)` is no bucket name: 3 to 63 of a-z, 0-9, dots and hyphens, no scheme and no path"
            }
            guard !text.contains(".."), text.wholeMatch(of: #/[0-9]+(\.[0-9]+){3}/#) == nil else {
                return "`\(text)` is no bucket name: no two dots in a row, and no IP address"
            }
        case .prefix:
            guard text.utf8.count <= 512,
                text.wholeMatch(of: #/[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*/#) != nil
            else {
                return
                    "`\(text)` is no prefix: words of [A-Za-z0-9._=-] divided by /, none at either end, at most 512 bytes"
            }
        case .url:
            guard
                let match = text.wholeMatch(
                    of:
                        #/
                        https?:\/\/
                        ([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])
                        (:(?<port>[0-9]{1,5}))?
                        /#),
                (1...65_535).contains(match.output.port.flatMap { Int($0) } ?? 1)
            else {
                return "`\(text)` is no endpoint: http:// or https://, a host, perhaps a port, and no path"
            }
        case .zone:
            guard text.wholeMatch(of: #/[a-z0-9][a-z0-9-]{0,31}/#) != nil else {
                return "`\(text)` is no zone name: [a-z0-9][a-z0-9-]{0,31}"
            }
        case .region:
            guard Region.isValid(text) else {
                return "`\(text)` is no region; it is a word such as eu-west-1"
            }
        case .profile:
            guard text.utf8.count <= 128, text.wholeMatch(of: #/[^\p{Cc}\[\]#;]+/#) != nil else {
                return "is no profile name: it is what stands in brackets in the shared AWS files"
            }
        case .kmsKey:
            // It becomes a header's value.
            guard text.utf8.count <= 2048,
                text.wholeMatch(
                    of:
                        #/
                        ((arn:[a-z0-9-]+:kms:[a-z0-9-]*:[0-9]*:(key|alias)\/|alias\/)[A-Za-z0-9_\/-]+|[A-Za-z0-9._-]+)
                        /#) != nil
            else {
                return "`\(text)` is no KMS key: give its id, alias/NAME, or the ARN of either"
            }
        case .storageClass:
            guard text.wholeMatch(of: #/[A-Za-z0-9_-]{1,64}/#) != nil else {
                return "`\(text)` is no storage class: it is a word such as INTELLIGENT_TIERING"
            }
            guard !["GLACIER", "DEEP_ARCHIVE"].contains(text) else {
                return "`\(text)` can't be read without being restored first, and what has landed is read at once"
            }
        case .file:
            guard !text.contains(where: \.isNewline), !text.contains("\0") else { return "is no path of a file" }
        }
        return nil
    }
}
