import Model
import Payload
import Yams

/// Walks the YAML document and collects values and faults.
struct SettingsReader: YAMLReading {
    let source: String
    let environment: [String: String]
    var faults: [SettingsFault] = []
    private(set) var values: [String: String] = [:]
    private(set) var streams: [StreamSettings] = []
    var zones: [ZoneSettings] = []
    /// Also of zones with faults, so that a stream's zone is not called missing for that.
    var zoneNames: [ZoneName] = []
    /// The text was YAML with sections, so that what it lacks can be told.
    private var wasRead = false

    init(source: String, environment: [String: String]) {
        self.source = source
        self.environment = environment
    }

    mutating func read(_ text: String) {
        guard let document = document(text, else: "the settings must be a mapping of sections") else { return }
        walk(document, keys: SettingsCatalogue.keys, parts: ["streams", "zones"]) { reader, path, value, key in
            if path == "streams" {
                reader.readStreams(value)
            } else if path == "zones" {
                reader.readZones(value)
            } else if let key, let text = reader.check(value, key, path) {
                reader.values[path] = text
            }
        }
        wasRead = true
        overrideFromEnvironment()
    }

    /// A gateway without streams has nothing to do.
    mutating func requireStreams() {
        guard wasRead, streams.isEmpty, !faults.contains(where: { $0.key.hasPrefix("streams") }) else { return }
        fault(nil, "streams", "no stream is set; see config/local.yaml for an example")
    }

    // MARK: Sections

    private mutating func readStreams(_ node: Node) {
        guard case .mapping(let mapping) = node else {
            return fault(node, "streams", "must be a mapping from stream names to their settings")
        }
        for (path, keyNode, value) in entries(mapping, "streams.") {
            guard let name = streamName(keyNode, path) else { continue }
            guard case .mapping(let section) = value else {
                fault(value, path, "must be a mapping with at least `consistency`")
                continue
            }
            readStream(name, section, path, keyNode)
        }
    }

    private mutating func readStream(_ name: StreamName, _ section: Node.Mapping, _ path: String, _ keyNode: Node) {
        var found: [String: String] = [:]
        var required: [StreamRules.Requirement] = []
        for (path, value, key) in fields(section, path, keys: SettingsCatalogue.streamKeys) {
            if key.kind == .requirements {
                required = requirements(value, path)
            } else if let text = check(value, key, path) {
                found[key.path] = text
            }
        }
        requireConsistency(section, path, keyNode)
        let settings = StreamSettings(name: name, values: found, required: required)
        if settings.rules.maxEventBytes > settings.rules.maxDecodedBytes {
            fault(
                keyNode, "\(path).event_max_bytes",
                "\(settings.rules.maxEventBytes) is more than decoded_max_bytes, \(settings.rules.maxDecodedBytes)")
        }
        streams.append(settings)
    }

    private mutating func requirements(_ node: Node, _ path: String) -> [StreamRules.Requirement] {
        guard case .sequence(let sequence) = node else {
            fault(node, path, "must be a list of {pointer, type}")
            return []
        }
        return sequence.compactMap { item in
            guard case .mapping(let mapping) = item, let pointer = mapping["pointer"]?.string,
                JSONPointer.isValid(pointer),
                let type = StreamRules.MemberType(rawValue: mapping["type"]?.string ?? "any"),
                mapping.keys.allSatisfy({ $0.string == "pointer" || $0.string == "type" })
            else {
                fault(
                    item, path,
                    "must be {pointer: /…, type: one of \(SettingsCatalogue.requirementTypes.joined(separator: ", "))}")
                return nil
            }
            return StreamRules.Requirement(pointer: pointer, type: type)
        }
    }

    // MARK: Values

    mutating func check(_ node: Node, _ key: SettingsKey, _ path: String) -> String? {
        guard let written = scalar(node, path), let text = substituted(written, node, path) else { return nil }
        return checked(text, node, key, path)
    }

    /// Replaces `${NAME}` and `${NAME:-default}` from the environment; what a variable holds is taken as it is.
    mutating func substituted(_ text: String, _ node: Node, _ path: String) -> String? {
        var result = ""
        var rest = text[...]
        while let match = rest.firstMatch(of: #/\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}/#) {
            let fallback = match.3.map(String.init)
            guard let value = environment[String(match.1)].flatMap({ $0.isEmpty ? nil : $0 }) ?? fallback else {
                fault(
                    node, path,
                    "the environment variable \(match.1) is not set; set it, or give a default: ${\(match.1):-…}")
                return nil
            }
            result += rest[..<match.range.lowerBound] + value
            rest = rest[match.range.upperBound...]
        }
        return result + rest
    }

    private mutating func overrideFromEnvironment() {
        let known = Dictionary(uniqueKeysWithValues: SettingsCatalogue.keys.map { ($0.environmentName, $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard let key = known[name] else { continue }
            if let wrong = key.fault(in: value) {
                faults.append(.init(source: name, line: nil, column: nil, key: key.path, message: wrong))
            } else {
                values[key.path] = value
            }
        }
    }
}
