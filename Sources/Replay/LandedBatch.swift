import Foundation
package import Model
package import Payload

/// A batch as it can be sent again: its events' bytes, and the key under which it was taken.
package struct LandedBatch: Sendable, Equatable {
    package var stream: StreamName
    package var producer: String
    package var key: String
    package var receivedAt: Timestamp
    package var events: Int
    /// Lines that stand where an event was refused the first time; see ``LandedBatch/batches(in:)``.
    package var placeholders: Int
    package var contentType: String
    package var body: [UInt8]

    package init(
        stream: StreamName, producer: String, key: String, receivedAt: Timestamp, events: Int, placeholders: Int,
        contentType: String, body: [UInt8]
    ) {
        self.stream = stream
        self.producer = producer
        self.key = key
        self.receivedAt = receivedAt
        self.events = events
        self.placeholders = placeholders
        self.contentType = contentType
        self.body = body
    }

    /// The batches of a block, in their order.
    ///
    /// Events travel as NDJSON; those that came as CloudEvents (their key is source and id) as a CloudEvents batch, since they
    /// would get other keys otherwise. Where events have derived keys (`<batch key>:<index>`) and one before them was refused, a
    /// line that is no JSON takes its place, so that the rest keep their indexes, and with them their keys.
    package static func batches(in block: Block) throws -> [LandedBatch] {
        let text = try block.decompressed()
        var lines = text.bytes.split(separator: UInt8(ascii: "\n"))[...]
        return try block.header.entries.compactMap { entry in
            let own = lines.prefix(Int(entry.accepted))
            guard own.count == entry.accepted else { throw BatchFault(detail: "fewer lines than its header says") }
            lines = lines.dropFirst(own.count)
            return own.isEmpty
                ? nil : try LandedBatch(own.map { UnsafeRawBufferPointer(rebasing: $0) }, of: block.header.stream)
        }
    }

    private init(_ lines: [UnsafeRawBufferPointer], of stream: StreamName) throws {
        let parsed = try lines.map { line in
            guard let parsed = LandedLine(line) else { throw BatchFault(detail: "a line that no gateway wrote") }
            return parsed
        }
        let first = parsed[0]
        guard let producer = LandedLine.text(first.producer), let key = LandedLine.text(first.batchKey),
            let receivedAt = LandedLine.text(first.receivedAt).flatMap({ Timestamp(rfc3339: $0) }),
            parsed.allSatisfy({ $0.batchKey.elementsEqual(first.batchKey) })
        else { throw BatchFault(detail: "lines whose batch can't be told") }
        self.stream = stream
        self.producer = producer
        self.key = key
        self.receivedAt = receivedAt
        events = parsed.count
        if LandedBatch.isCloudEvent(first) {
            contentType = "application/cloudevents-batch+json"
            placeholders = 0
            body = LandedBatch.array(parsed)
        } else {
            contentType = "application/x-ndjson"
            (body, placeholders) = LandedBatch.lines(parsed)
        }
    }

    private static func lines(_ lines: [LandedLine]) -> (body: [UInt8], placeholders: Int) {
        var body: [UInt8] = []
        body.reserveCapacity(lines.reduce(0) { $0 + $1.payload.count + 1 })
        let keepsIndexes = lines.contains(where: \.hasDerivedKey)
        var index = 0
        var placeholders = 0
        for line in lines {
            while keepsIndexes, index < line.batchIndex {
                body += Array("refused the first time: event \(index) of this batch\n".utf8)
                placeholders += 1
                index += 1
            }
            body.append(contentsOf: line.payload)
            body.append(UInt8(ascii: "\n"))
            index += 1
        }
        return (body, placeholders)
    }

    private static func array(_ lines: [LandedLine]) -> [UInt8] {
        var body: [UInt8] = [UInt8(ascii: "[")]
        for (index, line) in lines.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: line.payload)
        }
        return body + [UInt8(ascii: "]")]
    }

    private static func isCloudEvent(_ line: LandedLine) -> Bool {
        struct Attributes: Decodable {
            var specversion: String
            var source: String
            var id: String
        }
        guard !line.hasDerivedKey, let key = LandedLine.text(line.eventKey),
            let event = try? JSONDecoder().decode(Attributes.self, from: Data(line.payload))
        else { return false }
        return key == "\(event.source)#\(event.id)"
    }
}

/// Why a block's lines are not batches.
package struct BatchFault: Error, CustomStringConvertible {
    package var detail: String
    package var description: String { detail }
}
