import NIOCore
import NIOHTTP1

/// What the parser found, in the order of the wire; kept while an earlier request is being answered.
enum InboundPart {
    case head(HTTPRequestHead)
    case body(ByteBuffer)
    case end
    case fault(DoorFault)
    /// The peer closed its half; `midRequest` when it did so inside a request.
    case closed(midRequest: Bool)

    var heldBytes: Int {
        switch self {
        case .body(let buffer): buffer.readableBytes
        case .head: 1 << 10
        case .end, .fault, .closed: 0
        }
    }

    var isEnd: Bool { if case .end = self { true } else { false } }
}
