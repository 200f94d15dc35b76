/// One key of the settings file: the only place where its name, type, bounds, default and meaning are declared. The
/// parser, the environment overrides, `config/local.yaml` and `docs/settings.md` are held to this. Scenarios declare theirs the
/// same way.
package struct SettingsKey: Sendable {
    package enum Kind: Sendable, Equatable {
        case integer(ClosedRange<Int>)
        /// A number in decimal notation, such as 0.5 or 1e6.
        case decimal(ClosedRange<Double>)
        case boolean
        case text
        /// One of these words.
        case choice([String])
        /// A JSON pointer (RFC 6901), beginning with `/`.
        case pointer
        /// A list of `{pointer, type}`.
        case requirements
        /// Text that may be empty, which means "none".
        case optionalText(TextRule)
        /// Names with values of the user's choice.
        case mapping(PairRule)
    }

    /// Dotted; the keys of one stream have no prefix.
    package var path: String
    package var kind: Kind
    /// As it would be written; `nil` when leaving it out means "none" or the key is required.
    package var standard: String?
    package var unit: String
    package var meaning: String

    package init(_ path: String, _ kind: Kind, _ standard: String?, _ unit: String, _ meaning: String) {
        self.path = path
        self.kind = kind
        self.standard = standard
        self.unit = unit
        self.meaning = meaning
    }

    /// `SLUICE_` and the path in capitals, its dots as underscores.
    package var environmentName: String {
        "SLUICE_" + path.uppercased().replacing(".", with: "_")
    }
}
