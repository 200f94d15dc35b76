import Model
import Payload
// Yams itself, not swift-configuration on top of it: that one can neither name unknown keys nor say where a value stands.
import Yams

/// Walks the YAML document and collects values and faults.
struct SettingsReader {
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
        if let place = ComplexKey.place(in: text) {
            faults.append(
                SettingsFault(
                    source: source, line: place.line, column: place.column, key: "",
                    message: "a key here is a list, a mapping or an alias; the keys of settings are plain words"))
            return
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            faults += YAMLFaults.of(error, source: source)
            return
        }
        if let root {
            guard case .mapping(let mapping) = root else {
                return fault(root, "", "the settings must be a mapping of sections")
            }
            walk(mapping, prefix: "")
        }
        wasRead = true
        overrideFromEnvironment()
    }

    /// A gateway without streams has nothing to do.
    mutating func requireStreams() {
        guard wasRead, streams.isEmpty, !faults.contains(where: { $0.key.hasPrefix("streams") }) else { return }
        faults.append(
            SettingsFault(
                source: source, line: nil, column: nil, key: "streams",
                message: "no stream is set; see config/local.yaml for an example"))
    }

    // MARK: Sections

    private mutating func walk(_ mapping: Node.Mapping, prefix: String) {
        for (path, keyNode, value) in entries(mapping, prefix) {
            if path == "streams" {
                readStreams(value)
            } else if path == "zones" {
                readZones(value)
            } else if let key = SettingsCatalogue.keys.first(where: { $0.path == path }) {
                if let text = check(value, key, path) { values[path] = text }
            } else if SettingsCatalogue.keys.contains(where: { $0.path.hasPrefix(path + ".") }) {
                guard case .mapping(let section) = value else {
                    fault(value, path, "must be a section with keys of its own")
                    continue
                }
                walk(section, prefix: path + ".")
            } else {
                fault(keyNode, path, unknown(path, SettingsCatalogue.keys.map(\.path) + ["streams", "zones"]))
            }
        }
    }

    private mutating func readStreams(_ node: Node) {
        guard case .mapping(let mapping) = node else {
            return fault(node, "streams", "must be a mapping from stream names to their settings")
        }
        for (path, keyNode, value) in entries(mapping, "streams.") {
            guard let text = keyNode.string, let name = StreamName(text), !name.isInternal else {
                fault(
                    keyNode, path,
                    "a stream's name is [a-z0-9][a-z0-9_-]{0,62}; names with a leading underscore are the gateway's own"
                )
                continue
            }
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
        for (path, keyNode, value) in entries(section, path + ".") {
            let word = keyNode.string ?? "?"
            guard let key = SettingsCatalogue.streamKeys.first(where: { $0.path == word }) else {
                fault(keyNode, path, unknown(word, SettingsCatalogue.streamKeys.map(\.path)))
                continue
            }
            if key.kind == .requirements {
                required = requirements(value, path)
            } else if let text = check(value, key, path) {
                found[word] = text
            }
        }
        if found["consistency"] == nil, section["consistency"] == nil {
            fault(keyNode, "\(path).consistency", "is required: `available` or `strong`")
        }
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
        guard case .scalar(let scalar) = node else {
            fault(node, path, "must be a single value")
            return nil
        }
        guard let text = substituted(scalar.string, node, path) else { return nil }
        if let wrong = key.fault(in: text) {
            fault(node, path, wrong)
            return nil
        }
        return text
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

    /// The entries, each with its path, but for those whose key came before: these are faults. YAML takes `1` and `"1"`, a
    /// number and a text, for two keys; here they are one.
    mutating func entries(
        _ mapping: Node.Mapping, _ prefix: String
    ) -> [(path: String, key: Node, value: Node)] {
        var seen: Set<String> = []
        return mapping.compactMap { key, value in
            let path = prefix + (key.string ?? "?")
            if seen.insert(path).inserted { return (path, key, value) }
            fault(key, path, "is given twice")
            return nil
        }
    }

    // MARK: Faults

    mutating func add(_ fault: SettingsFault) { faults.append(fault) }

    mutating func fault(_ node: Node, _ key: String, _ message: String) {
        faults.append(
            .init(source: source, line: node.mark?.line, column: node.mark?.column, key: key, message: message))
    }

    func unknown(_ path: String, _ known: [String]) -> String {
        let near = known.map { ($0, EditDistance.between(path, $0)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(2, path.count / 3) else { return "no such key" }
        return "no such key; did you mean `\(near.0)`?"
    }
}
