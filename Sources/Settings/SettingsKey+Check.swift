import Model

extension SettingsKey {
    /// What is wrong with a value for this key; `nil` when nothing is.
    func fault(in text: String) -> String? {
        switch kind {
        case .integer(let range):
            guard let value = Int(text) else { return "`\(text)` is no whole number" + unitHint }
            guard range.contains(value) else {
                return "\(value) is out of range: \(bounds)" + unitHint
            }
        case .decimal(let range):
            let isNumber = text.wholeMatch(of: #/-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/#) != nil
            guard isNumber, let value = Double(text) else { return "`\(text)` is no number" + unitHint }
            guard range.contains(value) else {
                return "\(text) is out of range: \(bounds)" + unitHint
            }
        case .boolean:
            guard text == "true" || text == "false" else { return "`\(text)` is neither true nor false" }
        case .choice(let words):
            guard words.contains(text) else { return "`\(text)` is none of \(bounds)" }
        case .pointer:
            guard JSONPointer.isValid(text) else {
                return "`\(text)` is no JSON pointer (RFC 6901): it must begin with /, as in /eventID; ~ is written ~0"
            }
        case .text:
            guard !text.isEmpty else { return "must not be empty" }
            if path == "gateway.name", GatewayName(text) == nil {
                return "`\(text)` is no gateway name: [a-z0-9][a-z0-9-]{0,31}"
            }
        case .optionalText(let rule): return text.isEmpty ? nil : rule.fault(in: text)
        case .requirements, .mapping: return nil
        }
        return nil
    }

    /// Between what a value may be, or of what kind.
    package var bounds: String {
        switch kind {
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .decimal(let range): "\(shown(range.lowerBound)) to \(shown(range.upperBound))"
        case .boolean: "true, false"
        case .choice(let words): words.joined(separator: ", ")
        case .text: "text"
        case .pointer: "JSON pointer"
        case .optionalText(let rule): rule.rawValue
        case .mapping(let rule): "at most \(rule.most) names with values"
        case .requirements: "`type`: " + SettingsCatalogue.requirementTypes.joined(separator: ", ")
        }
    }

    /// Without a point where it is whole.
    private func shown(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }

    private var unitHint: String { unit.isEmpty ? "" : " (\(unit))" }
}
