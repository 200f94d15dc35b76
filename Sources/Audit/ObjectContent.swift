import Foundation
import Landing
import Model
import Payload

/// A landing object taken apart: its blocks' headers checked against their bytes, its lines counted.
struct ObjectContent: Sendable {
    var stream = ""
    var gateway: GatewayName?
    var first: UInt64 = 0
    var events = 0
    var lines = 0
    /// A block does not begin where the one before it ended.
    var hasGap = false
    var entries: [BatchEntry] = []
    var sha256: [UInt8] = []
    /// Of an object of the ledger; nil for a line that is none.
    var facts: [FactLine.Fact?] = []
    /// Of an object of a trail; nil for a line that is none.
    var trail: [TrailView.Line?] = []
    private var next: UInt64?

    enum Outcome: Sendable {
        case content(ObjectContent)
        /// Its bytes are not what a gateway wrote.
        case faulty(String)
        /// It was listed, and is not there any more.
        case gone
    }

    /// Throws when the zone can't be read.
    static func read(_ object: StoredObject, in zone: any LandingZoneReader) async throws -> Outcome {
        var reader = BlockReader(zone, object)
        var content = ObjectContent()
        do {
            while try await reader.next({ try content.add($0) }) != nil {}
        } catch let fault as ObjectFault {
            return .faulty(fault.description)
        } catch is ObjectGone {
            return .gone
        } catch let failure as StoreFailure where failure.kind == .corrupt {
            return .faulty(failure.detail)
        }
        content.sha256 = reader.sha256
        return .content(content)
    }

    private mutating func add(_ block: Block) throws {
        let header = block.header
        if let next {
            if next != header.firstSequence { hasGap = true }
        } else {
            first = header.firstSequence
        }
        next = header.firstSequence + UInt64(header.eventCount)
        stream = header.stream.rawValue
        gateway = header.gateway
        events += Int(header.eventCount)
        entries += header.entries
        let text = try block.decompressed()
        lines += text.bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        if header.stream == .trail {
            trail += text.bytes.split(separator: UInt8(ascii: "\n")).map { TrailView.Line(Data($0)) }
        }
        guard header.stream == .ledger else { return }
        let decoder = JSONDecoder()
        for line in text.bytes.split(separator: UInt8(ascii: "\n")) {
            facts.append(try? decoder.decode(FactLine.self, from: Data(line)).payload)
        }
    }
}
