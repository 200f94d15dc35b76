import Model

/// Says for people what is wrong with an event.
enum RejectDetail {
    private static let cloudAttributes = ["id", "source", "specversion", "type"]

    /// `member`: index of the requirement, -1 for the event id, -2 for the event time, from -3 down the CloudEvents
    /// attributes.
    static func of(_ reason: RejectReason, member: Int, bytes: Int, _ rules: StreamRules) -> String {
        switch reason {
        case .malformedJSON: "not valid JSON (RFC 8259)"
        case .invalidUTF8: "not valid UTF-8"
        case .duplicateMember: "an object has two members of the same name"
        case .tooDeep: "nested deeper than \(rules.maxDepth)"
        case .tooLarge: "\(bytes) bytes; at most \(rules.maxEventBytes) are allowed"
        case .notAnObject: "not a JSON object"
        case .missingMember: "\(name(member, rules)) is missing"
        case .nullMember: "\(name(member, rules)) is null"
        case .wrongType: "\(name(member, rules)) must be \(type(member, rules))"
        case .invalidKey:
            "\(name(member, rules)) must be a string or an integer, not empty and at most \(rules.maxEventKeyBytes) bytes"
        case .numberOutOfRange: "a number is beyond 64-bit integers and IEEE 754 doubles"
        }
    }

    static func ofDocument(_ reason: RejectReason, _ format: InputFormat) -> String {
        switch reason {
        case .wrongType where format == .cloudEventsBatch: "a CloudEvents batch must be a JSON array"
        case .invalidUTF8: "the body is not valid UTF-8"
        case .tooDeep: "the body is nested too deep"
        case .numberOutOfRange: "a number in the body is beyond 64-bit integers and IEEE 754 doubles"
        default: "the body is not one valid JSON document; as NDJSON, bad events would be told apart from good ones"
        }
    }

    private static func name(_ member: Int, _ rules: StreamRules) -> String {
        switch member {
        case 0...: rules.required[member].pointer
        case -1: rules.eventID ?? "the event id (source and id)"
        case -2: rules.eventTime ?? "the event time"
        default: "CloudEvents attribute \(cloudAttributes[min(3, -3 - member)])"
        }
    }

    private static func type(_ member: Int, _ rules: StreamRules) -> String {
        switch member {
        case 0...:
            rules.required[member].type == .timestamp ? timestamp : "of type \(rules.required[member].type.rawValue)"
        case -2: timestamp
        case -5: "the string \"1.0\""
        default: "a string that is not empty"
        }
    }

    private static let timestamp = "an RFC 3339 timestamp, or seconds or milliseconds since 1970"
}
