package import Model
// Yams itself, not swift-configuration on top of it: that one can neither name unknown keys nor say where a value stands.
package import Yams

/// Reads a YAML file of declared keys, and collects everything that is wrong with it, each with its place.
package protocol YAMLReading {
    /// The file's name, for faults.
    var source: String { get }
    var faults: [SettingsFault] { get set }
}

extension YAMLReading {
    /// The mapping that the text is; an empty one for an empty text, and `nil`, with a fault, for anything else.
    /// - Parameter else: what is said of a document that is none.
    package mutating func document(_ text: String, else message: String) -> Node.Mapping? {
        if let place = ComplexKey.place(in: text) {
            faults.append(
                SettingsFault(
                    source: source, line: place.line, column: place.column, key: "",
                    message: "a key here is a list, a mapping or an alias; the keys of settings are plain words"))
            return nil
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            faults += YAMLFaults.of(error, source: source)
            return nil
        }
        guard let root else { return Node.Mapping([]) }
        if case .mapping(let mapping) = root { return mapping }
        fault(root, "", message)
        return nil
    }

    /// The entries, each with its path, but for those whose key came before: these are faults. YAML takes `1` and `"1"`, a
    /// number and a text, for two keys; here they are one.
    package mutating func entries(
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

    /// Goes down the sections to what is declared: to `keys`, which are named by their whole paths, and to the `parts` beside
    /// them, which the caller reads itself.
    package mutating func walk(
        _ mapping: Node.Mapping, prefix: String = "", keys: [SettingsKey], parts: [String],
        take: (inout Self, _ path: String, _ value: Node, SettingsKey?) -> Void
    ) {
        for (path, keyNode, value) in entries(mapping, prefix) {
            let key = keys.first { $0.path == path }
            if key != nil || parts.contains(path) {
                take(&self, path, value, key)
            } else if keys.contains(where: { $0.path.hasPrefix(path + ".") }) {
                guard case .mapping(let section) = value else {
                    fault(value, path, "must be a section with keys of its own")
                    continue
                }
                walk(section, prefix: path + ".", keys: keys, parts: parts, take: take)
            } else {
                fault(keyNode, path, unknown(path, keys.map(\.path) + parts))
            }
        }
    }

    /// The values of one part, such as a stream, whose keys are named within it.
    package mutating func fields(
        _ mapping: Node.Mapping, _ part: String, keys: [SettingsKey]
    ) -> [(path: String, value: Node, key: SettingsKey)] {
        entries(mapping, part + ".").compactMap { path, keyNode, value in
            let word = keyNode.string ?? "?"
            if let key = keys.first(where: { $0.path == word }) { return (path, value, key) }
            fault(keyNode, path, unknown(word, keys.map(\.path)))
            return nil
        }
    }

    /// A single value as it is written; `nil`, with a fault, for anything else.
    package mutating func scalar(_ node: Node, _ path: String) -> String? {
        if case .scalar(let scalar) = node { return scalar.string }
        fault(node, path, "must be a single value")
        return nil
    }

    /// The text, where it is a value for that key; else `nil`, with a fault.
    package mutating func checked(_ text: String, _ node: Node, _ key: SettingsKey, _ path: String) -> String? {
        guard let wrong = key.fault(in: text) else { return text }
        fault(node, path, wrong)
        return nil
    }

    /// The stream that a key names; `nil`, with a fault, where it can't be one.
    package mutating func streamName(_ keyNode: Node, _ path: String) -> StreamName? {
        if let name = keyNode.string.flatMap({ StreamName($0) }), !name.isInternal { return name }
        fault(
            keyNode, path,
            "a stream's name is [a-z0-9][a-z0-9_-]{0,62}; names with a leading underscore are the gateway's own")
        return nil
    }

    /// The CAP choice is made in the open: no stream leaves it out.
    package mutating func requireConsistency(_ section: Node.Mapping, _ path: String, _ keyNode: Node) {
        guard section["consistency"] == nil else { return }
        fault(keyNode, "\(path).consistency", "is required: `available` or `strong`")
    }

    /// - Parameter node: where it is; `nil` for what is missing.
    package mutating func fault(_ node: Node?, _ key: String, _ message: String) {
        faults.append(
            SettingsFault(
                source: source, line: node?.mark?.line, column: node?.mark?.column, key: key, message: message))
    }

    private func unknown(_ path: String, _ known: [String]) -> String {
        let near = known.map { ($0, EditDistance.between(path, $0)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(2, path.count / 3) else { return "no such key" }
        return "no such key; did you mean `\(near.0)`?"
    }
}
