import Gateway

/// One answer, before it is put on the wire by ``ResponseEncoder``.
struct Response {
    enum ContentType: String {
        case json = "application/json"
        case problem = "application/problem+json"
        case text = "text/plain; charset=utf-8"
    }

    var status: Int
    var contentType: ContentType
    /// Values are ours: constants, numbers and parsed forms; never bytes of a request.
    var headers: [(name: StaticString, value: String)] = []
    var body: [UInt8]
    /// What it says, for the log.
    var problem: ProblemType?

    init(status: Int, contentType: ContentType, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// The answer to a question for a receipt: 200, whatever the batch's own answer was.
    init(found outcome: BatchOutcome) {
        switch outcome {
        case .receipt(let receipt):
            self.init(status: 200, contentType: .json, body: ReceiptJSON.encode(receipt))
        case .refused(let refusal):
            self = Problem(refusal).response
        }
    }

    /// The answer to a batch.
    init(_ outcome: BatchOutcome) {
        switch outcome {
        case .receipt(let receipt):
            self.init(
                status: ReceiptJSON.status(of: receipt), contentType: .json, body: ReceiptJSON.encode(receipt))
            if receipt.replayed { headers.append((name: "Idempotency-Replayed", value: "true")) }
        case .refused(let refusal):
            self = Problem(refusal).response
        }
    }
}
