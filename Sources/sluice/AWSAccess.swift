import AWS
import Curl
import Logging
import Model

/// This process's credentials for AWS, found where AWS's own tools find them and shared by all buckets.
struct AWSAccess {
    typealias Credentials = CachedCredentials<CredentialChain<CurlClient, SystemTime>, SystemTime>

    let credentials: Credentials
    /// Where the environment or the profile says so; for zones whose settings don't.
    let region: String?
    /// Not the buckets' own: an upload that waits for credentials must not keep them from being fetched.
    private let client = CurlClient()

    /// `gateway` is how assumed roles show in CloudTrail.
    init(gateway: String, log: Logger) throws {
        let surroundings = Surroundings.ofProcess()
        region = Region.resolve(surroundings)
        if let region, !Region.isValid(region) {
            throw CredentialError(
                .misconfigured, "the region that the environment or the profile names is none",
                advice: "Set AWS_REGION to one, such as eu-west-1")
        }
        credentials = CachedCredentials(
            CredentialChain(surroundings: surroundings, client: client, time: SystemTime(), sessionName: gateway),
            time: SystemTime(),
            observe: { result in
                switch result {
                case .success(let credentials):
                    log.info("AWS credentials", metadata: ["credentials": "\(credentials)"])
                case .failure(let error):
                    log.warning(
                        "no new AWS credentials; it will be tried again", metadata: ["error": "\(error)"])
                }
            })
    }

    func stop() { client.stop() }
}
