import AWS
import Curl
import Foundation
import Landing
import Model
import Settings

/// A bucket of the settings with all that is needed to speak to it.
struct S3Bucket {
    let http: CurlClient
    let client: S3Client<CurlClient, SystemTime>

    init(_ zone: S3ZoneSettings) throws {
        var options = CurlOptions()
        options.concurrencyMax = zone.connectionsMax
        options.caFile = zone.caFile
        http = CurlClient(options)
        let region = zone.region ?? "us-east-1"
        let location = S3Location(
            bucket: zone.bucket, prefix: zone.prefix, region: region, endpoint: zone.endpoint,
            pathStyle: zone.pathStyle)
        client = S3Client(location, http: http, credentials: TemporaryCredentials(), time: SystemTime())
    }
}

struct TemporaryCredentials: CredentialSource {
    func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void) {
        let e = ProcessInfo.processInfo.environment
        completion(
            .success(
                Credentials(
                    accessKeyID: e["AWS_ACCESS_KEY_ID"] ?? "",
                    secretAccessKey: Secret(e["AWS_SECRET_ACCESS_KEY"] ?? ""), source: "environment")))
    }
    func invalidate() {}
}

extension S3Options {
    init(_ zone: S3ZoneSettings) {
        self.init()
        kmsKey = zone.kmsKey
        storageClass = zone.storageClass
        tags = zone.tags
        metadata = zone.metadata
        checksum = zone.checksum
        limits.connect = zone.connectTimeout
        limits.total = zone.requestTimeout
        limits.stall = zone.stallTimeout
    }
}
