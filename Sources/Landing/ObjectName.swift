/// What may be an object's name: segments of `[A-Za-z0-9._=-]` divided by `/`, none of them empty or beginning with a
/// dot (so neither `..` nor a hidden name), at most 255 bytes each and 1,024 in all (S3's limit for a key).
package enum ObjectName {
    package static func isValid(_ name: String) -> Bool {
        name.utf8.count <= 1024
            && name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { segment in
                (1...255).contains(segment.count) && segment.first != UInt8(ascii: ".") && segment.allSatisfy(isAllowed)
            }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "="),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
