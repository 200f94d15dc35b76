package import Model

/// One landing zone as set.
package struct ZoneSettings: Sendable {
    package enum Kind: Sendable {
        case directory(path: String)
        case s3(S3ZoneSettings)
    }

    package let name: ZoneName
    package let kind: Kind

    /// The zone of settings that name none.
    static let standard = ZoneSettings(name: .main, kind: .directory(path: ZoneValues([:], [:]).text("directory")))
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

    func pairs(_ path: String) -> [(name: String, value: String)] { mappings[path] ?? [] }
}
