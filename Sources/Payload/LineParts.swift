import Model

/// The parts of an envelope line that are the same for all events of a batch, as bytes.
struct LineParts {
    private let open: [UInt8]
    private let derivedKey: [UInt8]
    private let batchKey: [UInt8]
    private let rest: [UInt8]
    private let close: [UInt8] = Array("}\n".utf8)

    init(identity: BatchIdentity, batchSize: Int, receivedAt: Timestamp) {
        let key = JSONEscape.escaped(identity.key)
        open = Array(#"{"event_key":""#.utf8)
        derivedKey = Array("\(key):".utf8)
        batchKey = Array(#"","batch_key":"\#(key)","batch_index":"#.utf8)
        rest = Array(
            #","batch_size":\#(batchSize),"producer":"\#(JSONEscape.escaped(identity.producer))","received_at":"\#(receivedAt)","payload":"#
                .utf8)
    }

    /// What a line takes beside its payload, about.
    var bytesPerLine: Int { open.count + derivedKey.count + batchKey.count + rest.count + 16 }

    /// `key`: escaped; empty for the derived one.
    @inline(__always)
    func write(
        _ index: Int, key: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, onOneLine: Bool,
        to deflater: LineDeflater
    ) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { scratch in
            let digits = LineParts.digits(of: index, in: scratch)
            open.withUnsafeBytes { deflater.add($0) }
            if key.isEmpty {
                derivedKey.withUnsafeBytes { deflater.add($0) }
                deflater.add(digits)
            } else {
                deflater.add(key)
            }
            batchKey.withUnsafeBytes { deflater.add($0) }
            deflater.add(digits)
            rest.withUnsafeBytes { deflater.add($0) }
            if onOneLine { deflater.addOnOneLine(payload) } else { deflater.add(payload) }
            close.withUnsafeBytes { deflater.add($0) }
        }
    }

    @inline(__always)
    private static func digits(of value: Int, in scratch: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        var position = scratch.count
        var rest = value
        repeat {
            position -= 1
            scratch[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        return UnsafeRawBufferPointer(rebasing: scratch[position...])
    }
}
