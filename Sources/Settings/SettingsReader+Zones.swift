import Model
import Yams

extension SettingsReader {
    mutating func readZones(_ node: Node) {
        guard case .mapping(let mapping) = node else {
            return fault(node, "zones", "must be a mapping from zone names to their settings")
        }
        for (path, keyNode, value) in entries(mapping, "zones.") {
            guard let name = keyNode.string.flatMap({ ZoneName($0) }) else {
                fault(keyNode, path, "a zone's name is [a-z0-9][a-z0-9-]{0,31}")
                continue
            }
            guard case .mapping(let section) = value else {
                fault(value, path, "must be a mapping with at least `kind`")
                continue
            }
            readZone(name, section, path, keyNode)
        }
    }

    private mutating func readZone(_ name: ZoneName, _ section: Node.Mapping, _ path: String, _ keyNode: Node) {
        var found: [String: String] = [:]
        var mappings: [String: [(name: String, value: String)]] = [:]
        let known = SettingsCatalogue.zoneKeys
        let before = faults.count
        for (path, value, key) in fields(section, path, keys: known) {
            if case .mapping(let names) = key.kind {
                mappings[key.path] = pairs(value, names, path)
            } else if let text = check(value, key, path) {
                found[key.path] = text
            }
        }
        zoneNames.append(name)
        guard let kind = found["kind"] else {
            if section["kind"] == nil { fault(keyNode, "\(path).kind", "is required: `directory` or `s3`") }
            return
        }
        let foreign = kind == "s3" ? ["directory"] : known.map(\.path).filter { $0 != "kind" && $0 != "directory" }
        for word in foreign where section[word] != nil {
            fault(section[word]!, "\(path).\(word)", "does not go with kind: \(kind)")
        }
        // `${NAME:-}` may leave it empty.
        if kind == "s3", found["bucket"]?.isEmpty ?? (section["bucket"] == nil) {
            fault(section["bucket"] ?? keyNode, "\(path).bucket", "is required for kind: s3")
        }
        let values = ZoneValues(found, mappings)
        for (word, message) in kind == "s3" ? values.contradictions : [] {
            fault(section[word] ?? keyNode, "\(path).\(word)", message)
        }
        guard faults.count == before else { return }
        var origin = SettingsOrigin(source: source, path: path)
        origin.note("", keyNode.mark)
        for (wordNode, _) in section { origin.note(wordNode.string ?? "", wordNode.mark) }
        zones.append(
            ZoneSettings(
                name: name,
                kind: kind == "s3" ? .s3(S3ZoneSettings(values)) : .directory(path: values.text("directory")),
                origin: origin))
    }

    private mutating func pairs(
        _ node: Node, _ names: SettingsKey.PairRule, _ path: String
    ) -> [(name: String, value: String)] {
        guard case .mapping(let mapping) = node else {
            fault(node, path, "must be a mapping from names to values")
            return []
        }
        if mapping.count > names.most { fault(node, path, "\(mapping.count) are too many: at most \(names.most)") }
        return entries(mapping, path + ".").compactMap { path, keyNode, value in
            let name = keyNode.string ?? ""
            guard let written = scalar(value, path), let text = substituted(written, value, path) else { return nil }
            if let wrong = names.fault(name: name, value: text) {
                fault(keyNode, path, wrong)
                return nil
            }
            return (name: name, value: text)
        }
    }

    /// Every zone that a stream or the ledger names must be there.
    mutating func requireZones() {
        let names = zoneNames.isEmpty ? [ZoneName.main] : zoneNames
        let listed = names.map { "`\($0)`" }.joined(separator: ", ")
        for stream in streams {
            guard let zone = stream.zone, !names.contains(zone) else { continue }
            fault(nil, "streams.\(stream.name).zone", "no zone is named `\(zone)`; there is \(listed)")
        }
        if let own = values["ledger.zone"], !own.isEmpty, !names.contains(where: { $0.rawValue == own }) {
            fault(nil, "ledger.zone", "no zone is named `\(own)`; there is \(listed)")
        }
    }
}
