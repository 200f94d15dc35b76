package import Model

/// One landing zone as set.
package struct ZoneSettings: Sendable {
    package enum Kind: Sendable {
        case directory(path: String)
        case s3(S3ZoneSettings)
    }

    package let name: ZoneName
    package let kind: Kind
    package let origin: SettingsOrigin

    /// The zone of settings that name none.
    static let standard = ZoneSettings(
        name: .main, kind: .directory(path: ZoneValues([:], [:]).text("directory")),
        origin: SettingsOrigin(source: "the default"))
}

/// An S3 bucket, or a part of one.
package struct S3ZoneSettings: Sendable {
    package let bucket: String
    /// Before every object's name; empty, or without a slash at either end.
    package let prefix: String
    /// `http://…` or `https://…`; nil is AWS's own for the region.
    package let endpoint: String?
    /// nil: from the environment or the profile, as other AWS tools find it.
    package let region: String?
    package let profile: String?
    package let pathStyle: Bool
    package let kmsKey: String?
    package let storageClass: String?
    package let tags: [(name: String, value: String)]
    package let metadata: [(name: String, value: String)]
    /// Whether each object is sent with a SHA-256 that the store verifies.
    package let checksum: Bool
    package let connectionsMax: Int
    package let requestTimeout: Duration
    package let connectTimeout: Duration
    package let stallTimeout: Duration
    package let caFile: String?

    init(_ values: ZoneValues) {
        bucket = values.text("bucket")
        prefix = values.optional("prefix") ?? ""
        endpoint = values.optional("endpoint")
        region = values.optional("region")
        profile = values.optional("profile")
        let style = values.text("path_style")
        pathStyle = style == "auto" ? endpoint != nil : style == "true"
        kmsKey = values.optional("kms_key")
        storageClass = values.optional("storage_class")
        tags = values.pairs("tags")
        metadata = values.pairs("metadata")
        checksum = values.text("checksum") == "sha256"
        connectionsMax = values.number("connections_max")
        requestTimeout = .seconds(values.number("request_timeout_seconds"))
        connectTimeout = .seconds(values.number("connect_timeout_seconds"))
        stallTimeout = .seconds(values.number("stall_timeout_seconds"))
        caFile = values.optional("ca_file")
    }
}

/// What the file says of one zone, with the catalogue's defaults.
struct ZoneValues {
    private let found: [String: String]
    private let mappings: [String: [(name: String, value: String)]]

    init(_ found: [String: String], _ mappings: [String: [(name: String, value: String)]]) {
        self.found = found
        self.mappings = mappings
    }

    /// An empty value is as good as none, so that `${NAME:-}` can leave a key out.
    func optional(_ path: String) -> String? {
        let text = found[path] ?? SettingsCatalogue.zoneKeys.first { $0.path == path }?.standard
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(_ path: String) -> String {
        guard let text = optional(path) else { preconditionFailure("\(path) has no value") }
        return text
    }

    func number(_ path: String) -> Int {
        guard let value = Int(text(path)) else { preconditionFailure("\(path) is no number") }
        return value
    }

    /// Values that are good by themselves and don't go with one another: of which key, and why.
    var contradictions: [(key: String, message: String)] {
        var found: [(key: String, message: String)] = []
        let host = optional("endpoint").map { $0.split(separator: "://")[1] }
        if let host, optional("path_style") == "false",
            host.hasPrefix("[") || host.wholeMatch(of: #/[0-9]+(\.[0-9]+){3}(:[0-9]+)?/#) != nil
        {
            found.append(("path_style", "false puts the bucket before the endpoint's name, and \(host) is an address"))
        }
        if host == nil, let word = optional("storage_class"), !Self.storageClasses.contains(word) {
            found.append(
                (
                    "storage_class",
                    "`\(word)` is no storage class of S3: \(Self.storageClasses.joined(separator: ", "))"
                ))
        }
        let bytes = pairs("metadata").reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        // S3 takes 2 KiB of user metadata, and the gateway's own is among it.
        if bytes > 1536 {
            found.append(("metadata", "\(bytes) bytes of names and values are too many: at most 1536"))
        }
        return found
    }

    /// Those from which objects can be read at once.
    private static let storageClasses = [
        "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "REDUCED_REDUNDANCY",
        "EXPRESS_ONEZONE", "OUTPOSTS", "SNOW",
    ]

    func pairs(_ path: String) -> [(name: String, value: String)] { mappings[path] ?? [] }
}
