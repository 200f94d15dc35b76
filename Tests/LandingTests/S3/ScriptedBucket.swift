import AWS
import Curl
import Files
import Foundation
import Landing
import Model
import ScriptedServer
import Simulation
import Synchronization

/// An S3 store whose server answers as a test decides.
final class ScriptedBucket: Sendable {
    typealias Store = S3Store<LinuxFileSystem, CurlClient, SimulatedTime>

    let server: ScriptedServer
    let credentials = RenewingCredentials()
    let time = SimulatedTime()
    let client: S3Client<CurlClient, SimulatedTime>
    let store: Store
    private let http = CurlClient()

    init(
        prefix: String = "land", region: String = "eu-west-1", options: S3Options = S3Options(),
        _ answer: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply
    ) {
        server = ScriptedServer(answer)
        let location = S3Location(
            bucket: "bucket", prefix: prefix, region: region, endpoint: server.url, pathStyle: true)
        client = S3Client(location, http: http, credentials: credentials, time: time)
        var options = options
        options.limits.stall = .seconds(2)
        store = Store(client, files: LinuxFileSystem(), options: options)
    }

    deinit {
        server.stop()
        http.stop()
    }

    func create(_ object: NewObject) -> CreateOutcome {
        let answer = Curl.Answer<CreateOutcome>()
        store.create(object) { answer.give($0) }
        return answer.wait()
    }

    func inspect(_ name: String) -> InspectOutcome {
        let answer = Curl.Answer<InspectOutcome>()
        store.inspect(name) { answer.give($0) }
        return answer.wait()
    }

    func readPrefix(_ name: String, count: Int) -> ReadOutcome {
        let answer = Curl.Answer<ReadOutcome>()
        store.readPrefix(name, count: count) { answer.give($0) }
        return answer.wait()
    }

    /// `PUT`, `HEAD`, … in the order they came.
    var methods: [String] { server.requests.map(\.method) }
}

/// Credentials with another key id after each complaint.
final class RenewingCredentials: CredentialSource {
    private let renewed = Mutex(0)

    var renewals: Int { renewed.withLock { $0 } }

    func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void) {
        completion(
            .success(
                Credentials(
                    accessKeyID: "AKID\(renewals)", secretAccessKey: Secret("secret"), sessionToken: Secret("token"),
                    source: "test")))
    }

    func invalidate(_ refused: Credentials) { renewed.withLock { $0 += 1 } }
}

/// True for the first so many calls.
final class FirstCalls: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }
    func isOne() -> Bool { left.subtract(1, ordering: .relaxed).oldValue > 0 }
}

extension ScriptedServer.Reply {
    /// An S3 error document.
    static func error(_ status: Int, _ code: String, _ headers: [(String, String)] = [], more: String = "") -> Self {
        .response(
            status, headers: headers + [("Content-Type", "application/xml")],
            body: Array(
                "<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code><Message>said &amp; done</Message>\(more)</Error>"
                    .utf8))
    }

    /// The reply to a HEAD of an object with these bytes, by the checksum that the store verified.
    static func object(_ bytes: [UInt8], _ headers: [(String, String)]? = nil) -> Self {
        .response(
            200, headers: (headers ?? [("x-amz-checksum-sha256", checksum(bytes))]) + [("ETag", "\"e\"")], body: bytes)
    }
}

func checksum(_ bytes: [UInt8]) -> String { Data(SHA256.hash(bytes)).base64EncodedString() }

extension CreateOutcome {
    /// Of an outcome that carries one.
    var failure: StoreFailure? {
        switch self {
        case .unknown(let failure), .refused(let failure): failure
        default: nil
        }
    }
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
    var isRefused: Bool { if case .refused = self { true } else { false } }
}
