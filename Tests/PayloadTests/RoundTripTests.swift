import Foundation
import Model
import Payload
import Simulation
import Testing

@Suite struct RoundTripTests {
    @Test("real audit events come back byte for byte, from a block of several batches")
    func cloudTrail() throws {
        guard let data = try Vectors.cloudTrail() else { return }
        let events = data.split(separator: UInt8(ascii: "\n")).map { Data($0) }
        var encoding = Encoding()
        encoding.rules.eventID = "/eventID"
        encoding.rules.eventTime = "/eventTime"
        encoding.rules.checkDuplicateMembers = true
        encoding.rules.required = [.init(pointer: "/eventVersion", type: .string)]
        let batches = try stride(from: 0, to: events.count, by: 500).map { start in
            let part = events[start..<min(start + 500, events.count)]
            let processed = try encoding.process(body(part.joined(separator: [UInt8(ascii: "\n")])))
            #expect(processed.rejects.isEmpty && processed.received == part.count)
            return processed.batch
        }
        let bytes = Encoding.block(batches)
        let (header, lines) = try bytes.withUnsafeBytes { buffer in
            let block = try Block.read(buffer)
            let text = try block.decompressed()
            return (block.header, withExtendedLifetime(text) { Data(text.bytes) })
        }
        #expect(Int(header.eventCount) == events.count && header.entries == batches.map(\.entry))
        #expect(header.eventTimes != nil)
        let marker = Data(#","payload":"#.utf8)
        let payloads = lines.split(separator: UInt8(ascii: "\n")).map { line in
            line.range(of: marker).map { Data(line[$0.upperBound...].dropLast()) } ?? Data()
        }
        #expect(payloads == events)
    }

    @Test("an array and the same events as lines give the same lines", arguments: 0..<40)
    func arrayAndLines(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let events = (0..<Int.random(in: 1...20, using: &random)).map { _ in RandomJSON.value(&random, depth: 0) }
        var asArray = Encoding.anyValue
        asArray.format = .json
        let blank = [" ", "", "\t", "  "]
        func space() -> String { blank[Int.random(in: 0..<blank.count, using: &random)] }
        let array = space() + "[" + events.map { space() + $0 + space() }.joined(separator: ",") + "]" + space()
        let lines = events.map { space() + $0 + space() }.joined(separator: "\n")
        let (one, other) = (try asArray.process(array), try Encoding.anyValue.process(lines))
        #expect(one.rejects.isEmpty && other.rejects.isEmpty)
        #expect(try Encoding.lines(one.batch) == Encoding.lines(other.batch))
        #expect(try Encoding.lines(one.batch).map(Encoding.payload) == events)
        #expect(one.batch.crc32 == other.batch.crc32)
    }

    @Test("a batch's identity comes from producer and key, or else from stream, producer and body")
    func identity() {
        func identity(
            _ stream: String = "a", _ producer: String = "p", _ key: String? = nil, _ text: String = "{}"
        ) -> BatchIdentity {
            BatchIdentity(stream: StreamName(stream)!, producer: producer, idempotencyKey: key, body: body(text))
        }
        #expect(identity().key == identity().key && identity().key.count == 64)
        #expect(identity().key != identity("b").key)
        #expect(identity().key != identity("a", "q").key)
        #expect(identity().key != identity("a", "p", nil, "{ }").key)
        let keyed = identity("a", "p", "k")
        #expect(keyed.key == "k")
        #expect(keyed.digest == identity("b", "p", "k", "other").digest)
        #expect(keyed.fingerprint != identity("a", "p", "k", "other").fingerprint)
        #expect(identity("a", "pk", "").digest != identity("a", "p", "k").digest)
        // printf 'p\0k' | sha256sum
        #expect(keyed.sha256Hex == hexText(SHA256.hash([0x70, 0, 0x6B])))
        #expect(keyed.sha256Hex.hasPrefix(String(keyed.digest.high, radix: 16)) || keyed.sha256Hex.hasPrefix("0"))
    }
}

/// JSON values without raw newlines, from a seed.
enum RandomJSON {
    static func value(_ random: inout SeededGenerator, depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 8 : 5), using: &random) {
        case 0: return ["true", "false", "null"].randomElement(using: &random)!
        case 1: return "\(Int.random(in: -1_000_000...1_000_000, using: &random))"
        case 2: return ["-0.0", "1E+5", "1.50e-7", "18446744073709551615", "0.1"].randomElement(using: &random)!
        case 3, 4: return string(&random)
        case 5:
            let items = (0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth + 1) }
            return "[" + items.joined(separator: ", ") + "]"
        default:
            let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                string(&random) + " :" + value(&random, depth: depth + 1)
            }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "é", "😀", #"\""#, #"\\"#, #"\n"#, #"\u00e9"#, #"\ud83d\ude00"#, "[", "]", "{", "}", ",", ":", " ",
        ]
        let count = Int.random(in: 0...12, using: &random)
        return "\"" + (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined() + "\""
    }
}
