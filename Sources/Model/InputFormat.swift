/// How a body carries its events, from the request's `Content-Type`.
package enum InputFormat: Sendable, Equatable {
    /// `application/x-ndjson`, `application/jsonl`, `application/ndjson`: one JSON text per line.
    case ndjson
    /// `application/json`: one array of events, or one object that is the event.
    case json
    /// `application/cloudevents-batch+json`: a JSON array of CloudEvents 1.0.
    case cloudEventsBatch
    /// `application/cloudevents+json`: one CloudEvent in structured mode.
    case cloudEvent
}

/// How a body is compressed, from the request's `Content-Encoding`: one level only.
package enum ContentCoding: String, Sendable, CaseIterable {
    case identity, gzip, zstd
}
