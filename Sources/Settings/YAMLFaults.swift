import Yams

/// Says where and why a text is no YAML that settings can be read from.
enum YAMLFaults {
    static func of(_ error: any Error, source: String) -> [SettingsFault] {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return [fault(source, mark, "", "not valid YAML: \(problem)")]
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            // The place is the first one's; the others follow in the same mapping.
            return keys.map { fault(source, context.mark, $0, "is given twice") }
        default:
            return [fault(source, nil, "", "not valid YAML: \(error)")]
        }
    }

    private static func fault(_ source: String, _ mark: Mark?, _ key: String, _ message: String) -> SettingsFault {
        SettingsFault(source: source, line: mark?.line, column: mark?.column, key: key, message: message)
    }
}
