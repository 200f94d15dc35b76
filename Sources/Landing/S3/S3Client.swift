package import AWS
package import Curl
package import Model
import Synchronization

/// Sends signed requests to one bucket.
///
/// A reply that complains of the credentials or of the clock is answered once by fresh credentials or a corrected clock and
/// a second try; such a reply proves that the first did nothing.
package final class S3Client<HTTP: HTTPClient, Time: TimeSource>: Sendable {
    package let location: S3Location
    private let http: HTTP
    private let credentials: any CredentialSource
    private let time: Time
    private let signer: Signer
    private let skew = Mutex(ClockSkew())

    package init(_ location: S3Location, http: HTTP, credentials: any CredentialSource, time: Time) {
        self.location = location
        self.http = http
        self.credentials = credentials
        self.time = time
        signer = .s3(region: location.region)
    }

    func interrupt() { http.interrupt() }

    /// The completion gets any reply, or why there is none. It runs on the HTTP client's thread, or on that of the source of
    /// credentials.
    func send(_ request: S3Request, completion: @escaping @Sendable (Result<HTTPResponse, StoreFailure>) -> Void) {
        attempt(request, isSecond: false, completion)
    }

    private func attempt(
        _ request: S3Request, isSecond: Bool,
        _ completion: @escaping @Sendable (Result<HTTPResponse, StoreFailure>) -> Void
    ) {
        credentials.credentials { [self] found in
            switch found {
            case .failure(let error):
                completion(.failure(StoreFailure(.denied, "\(location.description): \(error)")))
            case .success(let credentials):
                let moment = skew.withLock { $0.corrected(time.now()) }
                http.send(signed(request, credentials, moment)) { [self] result in
                    switch result {
                    case .failure(let failure): completion(.failure(StoreFailure(failure, at: location)))
                    case .success(let response):
                        if !isSecond, isMended(response, to: request, signedAt: moment, with: credentials) {
                            attempt(request, isSecond: true, completion)
                        } else {
                            completion(.success(response))
                        }
                    }
                }
            }
        }
    }

    /// Whether another try, with other credentials or another clock, may fare better.
    private func isMended(
        _ response: HTTPResponse, to request: S3Request, signedAt moment: Timestamp, with used: Credentials
    ) -> Bool {
        guard response.status == 400 || response.status == 401 || response.status == 403 else { return false }
        let code = S3Error(response).code
        // The reply to a HEAD has no body that would say what is wrong.
        let unsaid = request.method == "HEAD"
        if unsaid || ClockSkew.errorCodes.contains(code) {
            let lesson = skew.withLock {
                $0.learn(serverDate: response.header("Date"), signedAt: moment, now: time.now())
            }
            if lesson == .retry { return true }
        }
        guard unsaid || Self.staleCredentials.contains(code) else { return false }
        credentials.invalidate(used)
        return true
    }

    /// `SignatureDoesNotMatch` is what a wrong secret looks like: without it, one that was mended in a file would not be read.
    private static var staleCredentials: Set<String> {
        ["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId", "SignatureDoesNotMatch"]
    }

    private func signed(_ request: S3Request, _ credentials: Credentials, _ moment: Timestamp) -> HTTPRequest {
        let path = location.path(key: request.key)
        let query = request.encodedQuery
        let signing = SigningRequest(
            method: request.method, path: path, query: query,
            headers: [HTTPField("Host", location.host)] + request.headers, payload: request.payload)
        return HTTPRequest(
            request.method, "\(location.scheme)://\(location.host)\(path)" + (query.isEmpty ? "" : "?\(query)"),
            headers: request.headers + signer.headers(for: signing, credentials: credentials, at: moment),
            body: request.body, limits: request.limits)
    }
}
