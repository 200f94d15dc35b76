import Curl
import Logging
import Settings

/// Opens buckets, with one search for credentials for each profile.
final class S3Buckets {
    private let gateway: String
    private let log: Logger
    private var accesses: [String?: AWSAccess] = [:]
    private var opened: [S3Bucket] = []

    /// `gateway` is how assumed roles show in CloudTrail.
    init(gateway: String, log: Logger) {
        self.gateway = gateway
        self.log = log
    }

    func open(_ zone: ZoneSettings, _ set: S3ZoneSettings) throws(ZoneFault) -> S3Bucket {
        let access = accesses[set.profile] ?? AWSAccess(profile: set.profile, gateway: gateway, log: log)
        accesses[set.profile] = access
        let bucket = try S3Bucket(zone, set, access)
        opened.append(bucket)
        return bucket
    }

    func stop() {
        opened.forEach { $0.http.stop() }
        accesses.values.forEach { $0.stop() }
    }
}
