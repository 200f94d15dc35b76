import Foundation
import Model
import Payload

/// A landing object taken apart: its blocks' headers checked against their bytes, its lines counted.
struct ObjectContent {
    var stream = ""
    var gateway: GatewayName?
    var first: UInt64 = 0
    var events = 0
    var lines = 0
    /// A block does not begin where the one before it ended.
    var hasGap = false
    var entries: [BatchEntry] = []
    var sha256 = ""
    private var text: [BodyBuffer] = []

    static func read(_ data: Data) -> Result<ObjectContent, AuditError> {
        data.withUnsafeBytes { bytes in
            var content = ObjectContent()
            content.sha256 = SHA256.hash(bytes).map { byte in
                let hex = String(byte, radix: 16)
                return byte < 16 ? "0" + hex : hex
            }.joined()
            var offset = 0
            var next: UInt64?
            while offset < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                do {
                    let block = try Block.read(rest)
                    let header = block.header
                    if next == nil { content.first = header.firstSequence }
                    if let next, next != header.firstSequence { content.hasGap = true }
                    next = header.firstSequence + UInt64(header.eventCount)
                    content.stream = header.stream.rawValue
                    content.gateway = header.gateway
                    content.events += Int(header.eventCount)
                    content.entries += header.entries
                    let text = try block.decompressed()
                    content.lines += text.bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
                    if content.stream == StreamName.ledger.rawValue { content.text.append(text) }
                    offset += block.length
                } catch {
                    return .failure(AuditError(description: "byte \(offset): \(error)"))
                }
            }
            return .success(content)
        }
    }

    /// Hands the lines to the ledger; the numbers, from 1, of those that it can't read.
    func unreadableLines(addingTo ledger: inout LedgerView) -> [Int] {
        var number = 0
        var unreadable: [Int] = []
        for buffer in text {
            for line in buffer.bytes.split(separator: UInt8(ascii: "\n")) {
                number += 1
                if !ledger.add(line: Data(line)) { unreadable.append(number) }
            }
        }
        return unreadable
    }
}
