import Yams

/// Says where and why a text is no YAML that settings can be read from.
enum YAMLFaults {
    static func of(_ error: any Error, source: String) -> [SettingsFault] {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return [fault(source, mark, "", "not valid YAML: \(problem)")]
        case YamlError.reader(let problem, _, let value, let yaml):
            let (line, column) = place(of: value, in: yaml)
            return [
                SettingsFault(
                    source: source, line: line, column: column, key: "", message: "not valid YAML: \(problem)")
            ]
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            // The place is the first one's; the others follow in the same mapping.
            return keys.map { fault(source, context.mark, $0, "is given twice") }
        default:
            return [fault(source, nil, "", "not valid YAML: \(error)")]
        }
    }

    /// Where the character that YAML does not allow stands. Yams gives an offset, but none within a character of several
    /// scalars.
    private static func place(of value: Int32, in yaml: String) -> (line: Int, column: Int) {
        var (line, column) = (1, 1)
        for scalar in yaml.unicodeScalars {
            if scalar.value == UInt32(bitPattern: value) { break }
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return (line, column)
    }

    private static func fault(_ source: String, _ mark: Mark?, _ key: String, _ message: String) -> SettingsFault {
        SettingsFault(source: source, line: mark?.line, column: mark?.column, key: key, message: message)
    }
}
