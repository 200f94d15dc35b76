import Access
import Gateway
import Model

/// How the end of a body is found.
enum BodyFraming: Equatable {
    case none
    /// `Content-Length`.
    case length(Int)
    case chunked
}

/// What every answer needs to know of its request, whatever was asked.
struct RequestFacts: Equatable {
    /// Whether the peer and the framing let another request follow.
    var keepAlive = false
    var framing = BodyFraming.none
    /// The peer waits for `100 Continue` before it sends its body.
    var expectsContinue = false
    /// HEAD: the answer has no body.
    var omitsBody = false
    var isHTTP10 = false
    var trace: TraceParent?
    /// The stream, once it is known to be one of the gateway's.
    var stream: StreamName?
}

/// What a head asks for, once it has passed every check.
enum RequestVerdict: Equatable {
    case events(EventsRequest)
    case receipt(ReceiptQuery)
    case page(HealthPage)
    case fault(DoorFault)
}

/// A checked `POST /v1/streams/{stream}/events`.
struct EventsRequest: Equatable {
    /// Who sends.
    var pass: ProducerPass
    var stream: StreamName
    var idempotencyKey: String?
    var format: InputFormat
    var coding: ContentCoding
    var maxBodyBytes: Int
    /// What the answer waits for.
    var consistency = Consistency.available

    static func == (a: EventsRequest, b: EventsRequest) -> Bool {
        a.pass === b.pass && a.stream == b.stream && a.idempotencyKey == b.idempotencyKey && a.format == b.format
            && a.coding == b.coding && a.maxBodyBytes == b.maxBodyBytes && a.consistency == b.consistency
    }
}

/// A checked `GET /v1/streams/{stream}/receipts/{batch_key}`.
struct ReceiptQuery: Equatable {
    /// Who asks.
    var producer: String
    var stream: StreamName
    var batchKey: String
}

/// The pages that need no body.
enum HealthPage: Equatable {
    case root
    case live(verbose: Bool)
    case ready(verbose: Bool)
}
