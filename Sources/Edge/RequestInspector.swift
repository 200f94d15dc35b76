import Access
import Gateway
import Model
import NIOHTTP1

/// Checks one parsed head and says what it asks for. Pure: streams are looked up through a closure.
///
/// llhttp has already refused bare CR and LF, obs-fold, blanks before a colon and signed or repeated lengths; what it
/// leaves open is checked again here, because a proxy in front may read the same bytes differently (RFC 9112, 11.2).
struct RequestInspector {
    let limits: EdgeLimits
    /// Who the `Authorization` field says that sends; `nil`: nobody that may.
    let producer: (String?) -> ProducerPass?
    /// Charges the producer for a body of that many bytes, or says why it must wait. Of a chunked body, 0.
    let charge: (ProducerPass, Int) -> DoorFault?
    let door: (StreamName) -> StreamDoor?

    init(
        limits: EdgeLimits, producer: @escaping (String?) -> ProducerPass? = { _ in .anonymous },
        charge: @escaping (ProducerPass, Int) -> DoorFault? = { _, _ in nil },
        door: @escaping (StreamName) -> StreamDoor?
    ) {
        self.limits = limits
        self.producer = producer
        self.charge = charge
        self.door = door
    }

    func inspect(_ head: HTTPRequestHead) -> (facts: RequestFacts, verdict: RequestVerdict) {
        var facts = RequestFacts()
        facts.isHTTP10 = head.version.minor == 0
        facts.omitsBody = head.method == .HEAD
        var fields = HeaderFields()
        if let detail = fields.collect(head.headers) ?? frame(fields, &facts) {
            return (facts, .fault(.malformedRequest(detail: detail)))
        }
        facts.trace = fields.traceparent.flatMap(TraceParent.init)
        // After an upgrade offer llhttp stops at this request's end (nothing is upgraded here), and so must we.
        facts.keepAlive = head.isKeepAlive && !fields.offersUpgrade && head.method != .CONNECT
        guard head.uri.utf8.count <= limits.targetBytes else {
            facts.keepAlive = false
            return (facts, .fault(.targetTooLong(limitBytes: limits.targetBytes)))
        }
        if let expect = fields.expect {
            guard equalIgnoringCase(expect.utf8, "100-continue".utf8) else {
                return (facts, .fault(.expectationFailed))
            }
            facts.expectsContinue = !facts.isHTTP10 && facts.framing != .none && facts.framing != .length(0)
        }
        let verdict = route(head, fields, &facts)
        return (facts, verdict)
    }

    /// Finds the body's framing; returns what is wrong with it.
    private func frame(_ fields: HeaderFields, _ facts: inout RequestFacts) -> String? {
        if !facts.isHTTP10 {
            guard let host = fields.host else { return "HTTP/1.1 needs exactly one Host field." }
            guard HeaderFields.isHost(host) else { return "The Host field is not valid." }
        }
        if let coding = fields.transferEncoding {
            guard fields.contentLength == nil else { return "Content-Length and Transfer-Encoding exclude each other." }
            guard !facts.isHTTP10 else { return "HTTP/1.0 has no Transfer-Encoding." }
            guard equalIgnoringCase(coding.utf8, "chunked".utf8) else { return "The only transfer coding is chunked." }
            facts.framing = .chunked
        } else if let text = fields.contentLength {
            guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = Int(text)
            else { return "The Content-Length is not a plain number." }
            facts.framing = .length(length)
        }
        return nil
    }

    private func route(_ head: HTTPRequestHead, _ fields: HeaderFields, _ facts: inout RequestFacts) -> RequestVerdict {
        guard let (path, query) = Self.split(head.uri) else { return .fault(.notFound) }
        let page: HealthPage
        switch path {
        case "/": page = .root
        case "/livez", "/healthz": page = .live(verbose: Self.isVerbose(query))
        case "/readyz": page = .ready(verbose: Self.isVerbose(query))
        default:
            guard let target = StreamTarget(path) else { return .fault(.notFound) }
            let isRead = head.method == .GET || head.method == .HEAD
            guard target.batchKey == nil ? head.method == .POST : isRead else {
                return .fault(.methodNotAllowed(allow: target.batchKey == nil ? "POST" : "GET, HEAD"))
            }
            // Before the name is looked at: which streams there are is nobody's business without a key.
            guard let pass = producer(fields.authorization) else { return .fault(.unauthorized) }
            guard let stream = StreamName(target.stream), !stream.isInternal, let door = door(stream) else {
                return .fault(.unknownStream)
            }
            facts.stream = stream
            guard pass.streams.allows(stream) else { return .fault(.streamNotAllowed) }
            guard let batchKey = target.batchKey else { return events(fields, facts, pass, stream, door) }
            guard let key = IdempotencyKey.percentDecoded(batchKey) else {
                let detail =
                    "Send the batch key percent-encoded, its slashes too: 1 to \(IdempotencyKey.maxLength) printable ASCII characters."
                return .fault(.invalidIdempotencyKey(detail: detail))
            }
            return .receipt(ReceiptQuery(producer: pass.name.rawValue, stream: stream, batchKey: key))
        }
        guard head.method == .GET || head.method == .HEAD else { return .fault(.methodNotAllowed(allow: "GET, HEAD")) }
        return .page(page)
    }

    private func events(
        _ fields: HeaderFields, _ facts: RequestFacts, _ pass: ProducerPass, _ stream: StreamName, _ door: StreamDoor
    ) -> RequestVerdict {
        let maxBodyBytes = door.maxBodyBytes
        var knownBytes = 0
        switch facts.framing {
        case .none: return .fault(.lengthRequired)
        case .length(let length) where length > maxBodyBytes: return .fault(.bodyTooLarge(limitBytes: maxBodyBytes))
        case .length(let length): knownBytes = length
        case .chunked: break
        }
        guard let type = fields.contentType, let format = MediaType.format(type) else {
            return .fault(.unsupportedMediaType)
        }
        guard let coding = fields.contentEncoding.map(MediaType.coding) ?? .identity else {
            return .fault(.unsupportedEncoding)
        }
        var key: String?
        if let text = fields.idempotencyKey {
            guard let parsed = IdempotencyKey.parse(text) else {
                let detail =
                    "Send one quoted string, or a bare token, of 1 to \(IdempotencyKey.maxLength) printable ASCII characters."
                return .fault(.invalidIdempotencyKey(detail: detail))
            }
            key = parsed
        }
        var consistency = door.consistency
        if let text = fields.consistency {
            guard let asked = Consistency(rawValue: text) else {
                return .fault(.invalidConsistency(detail: "Sluice-Consistency is `strong` or `available`."))
            }
            guard asked == .strong || door.consistency == .available else {
                return .fault(
                    .invalidConsistency(
                        detail: "This stream is strong; a request may ask for more than that, not less."))
            }
            consistency = asked
        }
        if let fault = charge(pass, knownBytes) { return .fault(fault) }
        return .events(
            EventsRequest(
                pass: pass, stream: stream, idempotencyKey: key, format: format, coding: coding,
                maxBodyBytes: maxBodyBytes, consistency: consistency))
    }

    /// Path and query of a target in origin form or absolute form; `nil` for every other form.
    private static func split(_ target: String) -> (path: Substring, query: Substring)? {
        var rest = target[...]
        if rest.utf8.first != UInt8(ascii: "/") {
            guard rest.hasPrefix("http://") || rest.hasPrefix("https://"),
                let authority = rest.utf8.firstIndex(of: UInt8(ascii: ":")).map({ rest.utf8.index($0, offsetBy: 3) }),
                let slash = rest.utf8[authority...].firstIndex(of: UInt8(ascii: "/"))
            else { return nil }
            rest = rest[slash...]
        }
        guard let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (rest, "") }
        return (rest[..<mark], rest[rest.utf8.index(after: mark)...])
    }

    private static func isVerbose(_ query: Substring) -> Bool {
        query.utf8.split(separator: UInt8(ascii: "&")).contains {
            $0.elementsEqual("verbose".utf8) || $0.elementsEqual("verbose=1".utf8)
                || $0.elementsEqual("verbose=true".utf8)
        }
    }
}
