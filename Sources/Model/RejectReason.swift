/// Why an event was not accepted. Raw values are part of the block format: never renumber, only append.
package enum RejectReason: UInt8, Sendable, CaseIterable {
    case malformedJSON = 1
    case invalidUTF8 = 2
    case duplicateMember = 3
    case tooDeep = 4
    case tooLarge = 5
    case notAnObject = 6
    case missingMember = 7
    case nullMember = 8
    case wrongType = 9
    case invalidKey = 10
    case numberOutOfRange = 11

    /// The stable code in receipts and in `_quarantine`.
    package var code: String {
        switch self {
        case .malformedJSON: "malformed_json"
        case .invalidUTF8: "invalid_utf8"
        case .duplicateMember: "duplicate_member"
        case .tooDeep: "too_deep"
        case .tooLarge: "too_large"
        case .notAnObject: "not_an_object"
        case .missingMember: "missing_member"
        case .nullMember: "null_member"
        case .wrongType: "wrong_type"
        case .invalidKey: "invalid_key"
        case .numberOutOfRange: "number_out_of_range"
        }
    }
}
