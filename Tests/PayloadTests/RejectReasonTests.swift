import Model
import Payload
import Testing

@Suite struct RejectReasonTests {
    private func encoding(_ change: (inout StreamRules) -> Void) -> Encoding {
        var encoding = Encoding()
        change(&encoding.rules)
        return encoding
    }

    @Test("each reason has its cause", arguments: RejectReason.allCases)
    func cause(_ reason: RejectReason) throws {
        let id = encoding { $0.eventID = "/id" }
        let (encoding, bad): (Encoding, [UInt8]) =
            switch reason {
            case .malformedJSON: (Encoding(), Array(#"{"a":1,}"#.utf8))
            case .invalidUTF8: (Encoding(), Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
            case .duplicateMember: (self.encoding { $0.checkDuplicateMembers = true }, Array(#"{"a":1,"a":2}"#.utf8))
            case .tooDeep: (self.encoding { $0.maxDepth = 1 }, Array(#"{"a":{}}"#.utf8))
            case .tooLarge:
                (self.encoding { $0.maxEventBytes = 64 }, Array(#"{"a":"\#(String(repeating: "x", count: 64))"}"#.utf8))
            case .notAnObject: (Encoding(), Array("[1]".utf8))
            case .missingMember: (id, Array(#"{"ID":"x"}"#.utf8))
            case .nullMember: (id, Array(#"{"id":null}"#.utf8))
            case .wrongType:
                (self.encoding { $0.required = [.init(pointer: "/id", type: .string)] }, Array(#"{"id":1}"#.utf8))
            case .invalidKey: (id, Array(#"{"id":1.5}"#.utf8))
            case .numberOutOfRange: (Encoding(), Array(#"{"a":1e999}"#.utf8))
            }
        #expect(try encoding.verdict(body(bad)) == reason)
        let processed = try encoding.process(body(bad))
        #expect(processed.rejects.first?.detail.isEmpty == false)
        #expect(processed.batch.deflated.isEmpty && processed.batch.uncompressedCount == 0)
        // Good lines around it are taken.
        let good = #"{"id":"g"}"#
        let mixed = try encoding.process(body(Array((good + "\n").utf8) + bad + Array(("\n" + good).utf8)))
        #expect(mixed.received == 3 && mixed.rejects.map(\.index) == [1] && mixed.batch.entry.accepted == 2)
    }

    @Test("keys that are empty, of a wrong type or fractional are refused")
    func keys() throws {
        let id = encoding { $0.eventID = "/id" }
        for value in [#""""#, "true", "{}", "[]", "1.0", "1e2"] {
            #expect(try id.verdict(#"{"id":\#(value)}"#) == .invalidKey, "\(value)")
        }
    }

    @Test("required members are held to their types", arguments: StreamRules.MemberType.allCases)
    func types(_ type: StreamRules.MemberType) throws {
        let required = encoding { $0.required = [.init(pointer: "/m", type: type)] }
        let values: [(String, Set<StreamRules.MemberType>)] = [
            (#""text""#, [.any, .string]), (#""2023-07-10T11:42:36Z""#, [.any, .string, .timestamp]),
            ("1.5", [.any, .number, .timestamp]), ("7", [.any, .number, .integer, .timestamp]),
            ("18446744073709551615", [.any, .number, .integer]), ("true", [.any, .boolean]), ("{}", [.any, .object]),
            ("[]", [.any, .array]),
        ]
        for (value, types) in values {
            #expect(try required.verdict(#"{"m":\#(value)}"#) == (types.contains(type) ? nil : .wrongType), "\(value)")
        }
        #expect(try required.verdict(#"{"m":null}"#) == .nullMember)
        #expect(try required.verdict("{}") == .missingMember)
    }

    @Test("numbers at the borders of 64 bits and of doubles")
    func numbers() throws {
        for text in ["-9223372036854775808", "18446744073709551615", "1.7976931348623157e308", "1e-999", "-0", "0e0"] {
            #expect(try Encoding.anyValue.verdict(text) == nil, "\(text)")
        }
        for text in ["18446744073709551616", "-9223372036854775809", "1.8e308", "-1e400"] {
            #expect(try Encoding.anyValue.verdict(text) == .numberOutOfRange, "\(text)")
            #expect(try Encoding.anyValue.verdict(#"{"a":"1e\"","b":[\#(text)]}"#) == .numberOutOfRange, "\(text)")
        }
        for text in [
            "1.", ".5", "01", "1e", "+1", "0x1", "1e5.5", "--1", "NaN", "Infinity", "[1e999,]", "1e999x", "1e999\u{0}",
        ] {
            #expect(try Encoding.anyValue.verdict(text) == .malformedJSON, "\(text)")
        }
    }
}
