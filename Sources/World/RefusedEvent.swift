import Foundation
import Model

/// An event in `_quarantine`.
struct RefusedEvent {
    var stream: StreamName
    /// Of its batch.
    var key: String
    var index: Int
    /// As it was sent.
    var raw: String

    private struct Line: Decodable {
        struct Payload: Decodable {
            var stream: String
            var index: Int
            var raw: String
        }
        var batch_key: String
        var batch_index: Int
        var payload: Payload
    }

    /// `nil` where it is no such line.
    init?(_ line: some Collection<UInt8>) {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
            let stream = StreamName(line.payload.stream), line.batch_index == line.payload.index
        else { return nil }
        self.stream = stream
        key = line.batch_key
        index = line.payload.index
        raw = line.payload.raw
    }
}
