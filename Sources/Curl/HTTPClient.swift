/// Sends requests. The completion is called once, on the client's own thread: it must be short and must not block.
package protocol HTTPClient: Sendable {
    func send(_ request: HTTPRequest, completion: @escaping @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void)
    /// Cuts off what is under way, as ``HTTPFailure/unanswered(_:)``; later requests are sent as usual.
    func interrupt()
}

extension HTTPClient {
    /// Sends and waits; never on the client's own thread.
    package func sendAndWait(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPFailure> {
        let answer = Answer<Result<HTTPResponse, HTTPFailure>>()
        send(request) { answer.give($0) }
        return answer.wait()
    }
}
