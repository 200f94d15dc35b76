internal import CSimdjson

/// A stream's rules in the shape that the validator takes; the C strings live as long as this object.
final class CompiledRules {
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private let requirements: UnsafeMutablePointer<sluice_requirement>
    private(set) var rules = sluice_rules()

    init(_ source: StreamRules, cloudEvent: Bool) {
        requirements = .allocate(capacity: max(1, source.required.count))
        func pointer(_ text: String?) -> (UnsafePointer<CChar>?, Int) {
            guard let text, !text.isEmpty else { return (nil, 0) }
            let bytes = Array(text.utf8)
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
            strings.append(copy)
            return (UnsafePointer(copy), bytes.count)
        }
        (rules.id_pointer, rules.id_pointer_length) = pointer(source.eventID)
        (rules.time_pointer, rules.time_pointer_length) = pointer(source.eventTime)
        for (index, requirement) in source.required.enumerated() {
            let (text, length) = pointer(requirement.pointer)
            (requirements + index).initialize(
                to: sluice_requirement(
                    pointer: text, pointer_length: length, type: CompiledRules.type(requirement.type)))
        }
        rules.requirements = UnsafePointer(requirements)
        rules.requirement_count = source.required.count
        rules.objects_only = source.objectsOnly
        rules.check_duplicates = source.checkDuplicateMembers
        rules.cloud_event = cloudEvent
        rules.max_depth = UInt32(source.maxDepth)
        rules.max_event_bytes = source.maxEventBytes
        rules.max_key_bytes = source.maxEventKeyBytes
    }

    deinit {
        for string in strings { string.deallocate() }
        requirements.deallocate()
    }

    private static func type(_ type: StreamRules.MemberType) -> UInt8 {
        let value =
            switch type {
            case .any: SLUICE_ANY
            case .string: SLUICE_STRING
            case .number: SLUICE_NUMBER
            case .integer: SLUICE_INTEGER
            case .boolean: SLUICE_BOOLEAN
            case .object: SLUICE_OBJECT
            case .array: SLUICE_ARRAY
            case .timestamp: SLUICE_TIMESTAMP
            }
        return UInt8(value)
    }
}
