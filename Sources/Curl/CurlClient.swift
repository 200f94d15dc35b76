internal import CCurl
import Foundation
import Synchronization

/// An HTTP/1.1 client on libcurl's multi interface, with one thread of its own.
///
/// Connections are kept and used again. TLS certificates are verified. Proxies are taken from the environment
/// (`https_proxy`, `http_proxy`, `no_proxy`), as libcurl does. Redirects are not followed. Bodies are never sent twice: when
/// libcurl wants to send one again on a fresh connection, because a kept one turned out dead, the exchange fails as
/// ``HTTPFailure/unanswered(_:)``, since the server may have received the first.
package final class CurlClient: HTTPClient {
    private let inbox: CurlInbox

    package init(_ options: CurlOptions = CurlOptions()) {
        _ = CurlClient.initialised
        let inbox = CurlInbox()
        self.inbox = inbox
        let thread = Thread { CurlLoop(options: options, inbox: inbox).run() }
        thread.name = "http-client"
        thread.stackSize = 1 << 20
        thread.start()
    }

    package func send(
        _ request: HTTPRequest, completion: @escaping @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void
    ) {
        if !inbox.add(request, completion) { completion(.failure(.notSent("the HTTP client has stopped"))) }
    }

    package func interrupt() { inbox.interrupt() }

    /// Cuts off what is under way (as ``HTTPFailure/unanswered(_:)``) and ends the thread, soon. Does not wait.
    package func stop() { inbox.stop() }

    deinit { inbox.stop() }

    private static let initialised: Void = {
        precondition(curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK, "libcurl could not be initialised")
    }()
}
