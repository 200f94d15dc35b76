package import Model

/// Audit events shaped like CloudTrail's: members `eventID` (a UUID) and `eventTime`, sizes spread evenly by 40 % around a
/// mean, and about as repetitive as real ones (gzip -1 makes them four to five times smaller).
package struct AuditEvents: Sendable {
    /// The smallest mean size in bytes for which the mean is kept.
    package static let meanBytesMin = 320

    private let meanBytes: Int
    private let start: Timestamp
    private var random: SplitMix64
    private var made: Int64 = 0

    /// - Parameters:
    ///   - meanBytes: mean length of an event in bytes, without the end of its line.
    ///   - seed: the same seed gives the same events.
    ///   - start: `eventTime` of the first event; each next one is a millisecond later.
    package init(meanBytes: Int, seed: UInt64, start: Timestamp) {
        self.meanBytes = meanBytes
        self.start = start
        random = SplitMix64(seed: seed)
    }

    /// The next event as one line of JSON, without the end of the line.
    package mutating func next() -> String {
        let target = Int.random(in: meanBytes * 6 / 10...meanBytes * 14 / 10, using: &random)
        let time = Timestamp(microseconds: start.microseconds + made * 1_000)
        made += 1
        let action = pick(AuditEvents.actions)
        var line =
            "{\"eventVersion\":\"1.10\",\"eventID\":\"\(uuid())\",\"eventTime\":\"\(time)\",\"eventName\":\"\(action.name)\""
        let members = [network(action.service), identity(), request(), response(), additional()]
        for member in members where line.utf8.count + member.utf8.count + 2 <= target {
            line += ",\"" + member
        }
        fill(&line, to: target)
        return line + "}"
    }

    private mutating func network(_ service: String) -> String {
        let address = "10.\(byte()).\(byte()).\(byte())"
        return "eventSource\":\"\(service).amazonaws.com\",\"awsRegion\":\"\(pick(AuditEvents.regions))\","
            + "\"sourceIPAddress\":\"\(address)\",\"userAgent\":\"\(pick(AuditEvents.agents))\""
    }

    private mutating func identity() -> String {
        let account = pick(AuditEvents.accounts)
        let user = "\(pick(AuditEvents.names))-\(Int.random(in: 1...40, using: &random))"
        let principal = "AROA\(upper(4))NSC5U6Q3TMDR"
        return "userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":\"\(principal):\(user)\","
            + "\"arn\":\"arn:aws:sts::\(account):assumed-role/\(user)/\(principal)\",\"accountId\":\"\(account)\","
            + "\"accessKeyId\":\"ASIA\(upper(16))\",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\","
            + "\"arn\":\"arn:aws:iam::\(account):role/\(user)\",\"userName\":\"\(user)\"},\"attributes\":{"
            + "\"creationDate\":\"2026-11-23T\(two(24)):\(two(60)):\(two(60))Z\",\"mfaAuthenticated\":\"true\"}}}"
    }

    private mutating func request() -> String {
        let bucket = "\(pick(AuditEvents.names))-platform-telemetry-\(Int.random(in: 1...400, using: &random))"
        return "requestParameters\":{\"bucketName\":\"\(bucket)\",\"Host\":\"\(bucket).s3.us-east-1.amazonaws.com\","
            + "\"key\":\"exports/\(pick(AuditEvents.names))/\(hex(16)).parquet\"},\"requestID\":\"\(upper(16))\""
    }

    private mutating func response() -> String {
        "responseElements\":null,\"readOnly\":true,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,"
            + "\"recipientAccountId\":\"\(pick(AuditEvents.accounts))\",\"eventCategory\":\"Management\""
    }

    private mutating func additional() -> String {
        "additionalEventData\":{\"SignatureVersion\":\"SigV4\",\"CipherSuite\":\"ECDHE-RSA-AES128-GCM-SHA256\","
            + "\"bytesTransferredIn\":\(Int.random(in: 0...99_999, using: &random)),\"AuthenticationMethod\":\"AuthHeader\","
            + "\"x-amz-id-2\":\"\(upper(76))=\"}"
    }

    /// Resources, then a note, up to exactly `target` bytes with the closing brace, if there is room.
    private mutating func fill(_ line: inout String, to target: Int) {
        var resources: [String] = []
        var room = target - line.utf8.count - 1 - 15  // ,"resources":[]
        while room > 0 {
            let arn =
                "{\"type\":\"AWS::S3::Object\",\"accountId\":\"\(pick(AuditEvents.accounts))\",\"ARN\":\"arn:aws:s3:::"
                + "\(pick(AuditEvents.names))-platform-telemetry/\(hex(14))\"}"
            if arn.utf8.count + 1 > room { break }
            room -= arn.utf8.count + 1
            resources.append(arn)
        }
        if !resources.isEmpty { line += ",\"resources\":[\(resources.joined(separator: ","))]" }
        let left = target - line.utf8.count - 1 - 10  // ,"note":""
        guard left >= 0 else { return }
        var note = ""
        while note.utf8.count < left { note += pick(AuditEvents.names) + " " }
        line += ",\"note\":\"\(note.prefix(left))\""
    }

    private mutating func uuid() -> String {
        "\(hex(8))-\(hex(4))-4\(hex(3))-a\(hex(3))-\(hex(12))"
    }

    private mutating func byte() -> UInt8 { UInt8.random(in: 1...254, using: &random) }

    private mutating func two(_ end: Int) -> String {
        let value = Int.random(in: 0..<end, using: &random)
        return value < 10 ? "0\(value)" : "\(value)"
    }

    private mutating func hex(_ count: Int) -> String { text(count, Array("0123456789abcdef".utf8)) }

    private mutating func upper(_ count: Int) -> String { text(count, Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)) }

    private mutating func text(_ count: Int, _ alphabet: [UInt8]) -> String {
        let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &random)]
    }

    private static let actions: [(name: String, service: String)] = [
        ("GetObject", "s3"), ("PutObject", "s3"), ("AssumeRole", "sts"), ("Decrypt", "kms"), ("GenerateDataKey", "kms"),
        ("DescribeInstances", "ec2"), ("RunInstances", "ec2"), ("GetCallerIdentity", "sts"), ("ListBuckets", "s3"),
    ]
    private static let regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2"]
    private static let accounts = (0..<24).map { "\(123_837_392_027 + $0 * 7_919_311_117)" }
    private static let names = [
        "benjamin", "ingest", "billing", "notebook", "scheduler", "metastore", "audit", "warehouse", "cluster", "jobs",
    ]
    private static let agents = [
        "aws-sdk-java/2.20.68 Linux/5.15.0 OpenJDK_64-Bit_Server_VM/17.0.7 Java/17.0.7 vendor/Azul io/sync http/Apache",
        "Boto3/1.28.62 md/Botocore#1.31.62 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.10.12 cfg/retry-mode#legacy",
        "aws-cli/2.13.5 Python/3.11.4 Linux/4.14.255 exe/x86_64.amzn.2 prompt/off command/s3.cp",
    ]
}
