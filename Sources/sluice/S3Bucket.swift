import Curl
import Landing
import Model
import Settings

/// A bucket of the settings with all that is needed to speak to it.
struct S3Bucket {
    let http: CurlClient
    let client: S3Client<CurlClient, SystemTime>

    init(_ zone: S3ZoneSettings, _ access: AWSAccess) {
        var options = CurlOptions()
        options.concurrencyMax = zone.connectionsMax
        options.caFile = zone.caFile
        http = CurlClient(options)
        let region = zone.region ?? access.region ?? "us-east-1"
        let location = S3Location(
            bucket: zone.bucket, prefix: zone.prefix, region: region, endpoint: zone.endpoint,
            pathStyle: zone.pathStyle)
        client = S3Client(location, http: http, credentials: access.credentials, time: SystemTime())
    }
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
