import Files
import Foundation
import Model
import Payload
import SystemPackage

/// The synced record of a seal, beside the segment: `<segment>.sealed`, one line of JSON and its CRC-32C.
struct Sidecar: Codable, Equatable {
    var format = 1
    var object: String
    var bytes: Int64
    var sha256: String
    var gateway: String
    var stream: String
    var incarnation: String
    var ordinal: UInt64
    var first: UInt64
    var events: UInt64
    var batches: Int
    var uncompressed: Int64
    var receivedFirst: Int64
    var receivedLast: Int64
    var eventTimeFirst: Int64?
    var eventTimeLast: Int64?

    init(_ segment: SealedSegment, stream: StreamName) {
        object = segment.objectName
        bytes = segment.length
        sha256 = hexText(segment.sha256)
        gateway = segment.gateway.rawValue
        self.stream = stream.rawValue
        incarnation = segment.incarnation.description
        ordinal = segment.ordinal
        first = segment.range.first
        events = segment.range.count
        batches = segment.batches
        uncompressed = segment.uncompressed
        receivedFirst = segment.received.lowerBound.microseconds
        receivedLast = segment.received.upperBound.microseconds
        eventTimeFirst = segment.eventTimes?.lowerBound.microseconds
        eventTimeLast = segment.eventTimes?.upperBound.microseconds
    }

    func encoded() -> [UInt8] { ChecksummedLine.encode(self) }

    /// `nil` when the bytes are damaged.
    static func decode(_ bytes: [UInt8]) -> Sidecar? { ChecksummedLine.decode(Sidecar.self, bytes) }

    /// The segment it describes; `nil` when its values make none.
    func segment(at path: FilePath) -> SealedSegment? {
        guard format == 1, let gateway = GatewayName(gateway), let incarnation = Incarnation(incarnation),
            let hash = bytesOfHex(sha256), hash.count == 32, receivedFirst <= receivedLast,
            !first.addingReportingOverflow(events).overflow, batches >= 0, Sidecar.sizes.contains(bytes),
            Sidecar.sizes.contains(uncompressed)
        else { return nil }
        var times: ClosedRange<Timestamp>?
        if let low = eventTimeFirst, let high = eventTimeLast, low <= high {
            times = Timestamp(microseconds: low)...Timestamp(microseconds: high)
        }
        return SealedSegment(
            path: path, objectName: object, length: bytes, sha256: hash, gateway: gateway, incarnation: incarnation,
            ordinal: ordinal, range: SequenceRange(first: first, count: events), batches: batches,
            uncompressed: uncompressed,
            received: Timestamp(microseconds: receivedFirst)...Timestamp(microseconds: receivedLast), eventTimes: times)
    }

    /// What a segment's bytes can be, so that those of many can be added up.
    private static let sizes: ClosedRange<Int64> = 0...1 << 50
}
