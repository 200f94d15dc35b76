/// What one stream asks of its events, parsed and checked once from the settings.
package struct StreamRules: Sendable {
    /// The JSON type a required member must have. `any` still refuses null.
    package enum MemberType: String, Sendable, CaseIterable {
        case any, string, number, integer, boolean, object, array
        /// An RFC 3339 string, or a number of seconds or milliseconds since 1970 (at or above 10^11: milliseconds).
        case timestamp
    }
    package struct Requirement: Sendable {
        /// RFC 6901; begins with `/`.
        package var pointer: String
        package var type: MemberType
        package init(pointer: String, type: MemberType) {
            self.pointer = pointer
            self.type = type
        }
    }

    /// Where the event's own id is (a string or a number); `nil` derives `<batch key>:<index>`.
    package var eventID: String?
    /// Where the event's time is; checked as ``MemberType/timestamp``.
    package var eventTime: String?
    package var required: [Requirement] = []
    /// Events must be JSON objects. Default true; false takes any JSON value.
    package var objectsOnly = true
    /// Check for duplicate members (costs a pass). Always true on strong streams.
    package var checkDuplicateMembers = false
    /// Bytes of one event. Default 1 MiB.
    package var maxEventBytes = 1 << 20
    /// Nesting of one event, its own object counted as 1. Default 64.
    package var maxDepth = 64
    /// Events in one batch. Default 10,000, at most 20,000 (what a block header can list as rejected).
    package var maxEvents = 10_000
    /// Bytes of a decoded body. Default 10 MiB, at most 11 MiB (so that a quarantined event fits a 16 MiB line).
    package var maxDecodedBytes = 10 << 20
    /// Decoded bytes per encoded byte, judged once more than 1 MiB is decoded. Default 100.
    package var maxExpansion = 100
    /// Bytes of an event key. Default 256.
    package var maxEventKeyBytes = 256

    package init() {}
}
