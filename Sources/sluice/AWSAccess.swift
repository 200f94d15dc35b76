import AWS
import Curl
import Logging
import Model

/// This process's credentials for AWS, found where AWS's own tools find them and shared by all buckets of one profile.
struct AWSAccess {
    typealias Credentials = CachedCredentials<CredentialChain<CurlClient, SystemTime>, SystemTime>

    let credentials: Credentials
    /// Where the environment or the profile says so; for zones whose settings don't.
    let region: String?
    /// Not the buckets' own: an upload that waits for credentials must not keep them from being fetched.
    private let client: CurlClient

    /// - Parameters:
    ///   - profile: named by the zone; nil is the environment's choice.
    ///   - gateway: how assumed roles show in CloudTrail.
    init(profile: String?, gateway: String, log: Logger) {
        let surroundings = Surroundings.ofProcess().with(profile: profile)
        region = Region.resolve(surroundings)
        client = CurlClient(AWSAccess.curlOptions)
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

    /// Trusts what AWS's own tools are told to trust.
    static var curlOptions: CurlOptions {
        var options = CurlOptions()
        options.caFile = Surroundings.ofProcess()["AWS_CA_BUNDLE"]
        return options
    }

    func stop() { client.stop() }
}
