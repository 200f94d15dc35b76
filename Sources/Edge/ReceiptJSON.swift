import Gateway
import Model

/// The body and status of a receipt.
enum ReceiptJSON {
    /// 200 when replayed, 201 when landed, 202 when journaled.
    static func status(of receipt: Receipt) -> Int {
        if receipt.replayed { return 200 }
        switch receipt.durability {
        case .landed: return 201
        case .journaled: return 202
        }
    }

    /// The JSON text, members always in the same order, absent ones `null`.
    static func encode(_ receipt: Receipt) -> [UInt8] {
        var json = JSONWriter(reserve: 384 + receipt.rejected.count * 64)
        json.object { json in
            json.name("stream")
            json.string(receipt.stream.rawValue)
            json.name("batch_key")
            json.string(receipt.batchKey)
            json.name("durability")
            json.string(receipt.durability.rawValue)
            json.name("replayed")
            json.boolean(receipt.replayed)
            json.name("events")
            json.object { json in
                json.name("received")
                json.number(receipt.received)
                json.name("accepted")
                json.number(receipt.accepted)
                json.name("quarantined")
                json.number(receipt.quarantined)
            }
            json.name("sequence")
            sequence(receipt.sequence, into: &json)
            json.name("rejected")
            rejections(receipt.rejected, into: &json)
            json.name("idempotency_window_seconds")
            json.number(receipt.idempotencyWindow.components.seconds)
            json.name("object")
            json.string(receipt.object)
        }
        return json.bytes
    }

    /// The list of rejected events, as receipts and the `invalid-events` problem carry it.
    static func rejections(_ list: [Receipt.Rejection], into json: inout JSONWriter) {
        json.array { json in
            for rejection in list {
                json.object { json in
                    json.name("index")
                    json.number(rejection.index)
                    json.name("reason")
                    json.string(rejection.reason.code)
                    json.name("detail")
                    json.string(rejection.detail)
                }
            }
        }
    }

    private static func sequence(_ position: Receipt.SequencePosition?, into json: inout JSONWriter) {
        guard let position, let last = position.range.last else { return json.null() }
        json.object { json in
            json.name("gateway")
            json.string(position.gateway.rawValue)
            json.name("incarnation")
            json.string(position.incarnation.description)
            json.name("first")
            json.number(position.range.first)
            json.name("last")
            json.number(last)
        }
    }
}
