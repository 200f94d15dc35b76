package import Curl
import Foundation
import Model

/// Sends batches to a gateway's data plane, each under the key it had.
package struct BatchPoster<HTTP: HTTPClient>: Sendable {
    private let http: HTTP
    private let url: String
    private let apiKey: String?
    private let patience: Duration

    /// - Parameters:
    ///   - url: `http://host:port` of the data plane.
    ///   - apiKey: a producer's, where the gateway asks for one.
    ///   - patience: how long a batch is tried again that got no answer, or was told to come later. The default is 10 min.
    package init(_ http: HTTP, url: String, apiKey: String? = nil, patience: Duration = .seconds(600)) {
        self.http = http
        self.url = url
        self.apiKey = apiKey
        self.patience = patience
    }

    /// The verdict that stands in the end; never ``PostVerdict/again(after:_:)``.
    package func post(_ batch: LandedBatch) async -> PostVerdict {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        var pause = Duration.milliseconds(200)
        while true {
            let verdict = await attempt(batch)
            guard case .again(let after, let reason) = verdict else { return verdict }
            // Not all senders that wait for the same moment should come back at once.
            let wait = max(after ?? .zero, pause * Double.random(in: 0.5...1))
            guard clock.now + wait < deadline, !Task.isCancelled else {
                return .hopeless("given up after \(patience): \(reason)")
            }
            try? await Task.sleep(for: wait)
            pause = min(pause * 2, .seconds(20))
        }
    }

    private func attempt(_ batch: LandedBatch) async -> PostVerdict {
        var fields = [
            HTTPField("Content-Type", batch.contentType),
            HTTPField("Idempotency-Key", BatchPoster.quoted(batch.key)),
        ]
        if let apiKey { fields.append(HTTPField("Authorization", "Bearer \(apiKey)")) }
        let request = HTTPRequest(
            "POST", "\(url)/v1/streams/\(batch.stream)/events", headers: fields, body: .bytes(batch.body))
        let result = await withCheckedContinuation { continuation in
            http.send(request) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let response): return PostVerdict(response)
        // The gateway may have taken it: the same key finds out.
        case .failure(let failure): return .again(after: nil, failure.detail)
        }
    }

    /// A string of RFC 8941, 3.3.3. Keys are printable ASCII.
    static func quoted(_ key: String) -> String {
        "\"" + key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
