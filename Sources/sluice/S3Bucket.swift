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

    init(_ zone: ZoneSettings, _ set: S3ZoneSettings, _ access: AWSAccess) throws(ZoneFault) {
        let region = try S3Bucket.region(zone, set, otherwise: access.region)
        var options = AWSAccess.curlOptions
        options.concurrencyMax = set.connectionsMax
        if let caFile = set.caFile { options.caFile = caFile }
        http = CurlClient(options)
        let location = S3Location(
            bucket: set.bucket, prefix: set.prefix, region: region, endpoint: set.endpoint, pathStyle: set.pathStyle)
        client = S3Client(location, http: http, credentials: access.credentials, time: SystemTime())
    }

    /// The zone's, else the environment's or the profile's; a server other than AWS's mostly doesn't care.
    private static func region(
        _ zone: ZoneSettings, _ set: S3ZoneSettings, otherwise: String?
    ) throws(ZoneFault) -> String {
        guard let region = set.region ?? otherwise ?? set.endpoint.map({ _ in "us-east-1" }) else {
            throw ZoneFault(
                zone, "region",
                "no region is set: give the zone's `region` (--region of a command), AWS_REGION, or the profile's `region`"
            )
        }
        guard Region.isValid(region) else {
            throw ZoneFault(zone, "region", "`\(region)` is no region; it is a word such as eu-west-1")
        }
        return region
    }

    /// What is wrong with a zone's bucket, as far as this machine can tell without asking anybody.
    static func faults(_ zone: ZoneSettings, _ set: S3ZoneSettings) -> [ZoneFault] {
        var faults: [ZoneFault] = []
        let surroundings = Surroundings.ofProcess().with(profile: set.profile)
        do throws(ZoneFault) {
            _ = try region(zone, set, otherwise: Region.resolve(surroundings))
        } catch { faults.append(error) }
        do throws(Profiles.Fault) {
            let profiles = try Profiles.load(surroundings)
            if let profile = set.profile, profiles.selected == nil {
                faults.append(
                    ZoneFault(
                        zone, "profile", "no profile `\(profile)` in the shared AWS config and credentials files"))
            }
        } catch { faults.append(ZoneFault(zone, "profile", error.detail)) }
        if let file = set.caFile ?? surroundings["AWS_CA_BUNDLE"],
            !FileManager.default.isReadableFile(atPath: file)
        {
            faults.append(
                ZoneFault(zone, set.caFile == nil ? "AWS_CA_BUNDLE" : "ca_file", "\(file) can't be read"))
        }
        return faults
    }
}

/// Why a landing zone can't be used as it is set.
struct ZoneFault: Error, CustomStringConvertible {
    let description: String

    init(_ zone: ZoneSettings, _ key: String, _ message: String) {
        description = "\(zone.origin.fault(key, message))"
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
