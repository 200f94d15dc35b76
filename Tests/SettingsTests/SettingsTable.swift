import Payload
import Settings

/// The tables of `docs/settings.md`, made from the catalogue.
enum SettingsTable {
    static var markdown: String {
        let all = SettingsCatalogue.keys.map { key in
            row([code(key.path), standard(key), bounds(key), key.unit, code(key.environmentName), key.meaning])
        }
        let stream = SettingsCatalogue.streamKeys.map { key in
            row([code(key.path), standard(key), bounds(key), key.unit, key.meaning])
        }
        let zone = SettingsCatalogue.zoneKeys.map { key in
            row([code(key.path), standard(key), bounds(key), key.unit, key.meaning])
        }
        return """
            ## Gateway

            | Key | Default | Bounds | Unit | Environment | Meaning |
            | --- | --- | --- | --- | --- | --- |
            \(all.joined(separator: "\n"))

            ## Each landing zone, under `zones.<name>`

            Without `zones` there is one, `main`, in the directory `var/landing`.

            | Key | Default | Bounds | Unit | Meaning |
            | --- | --- | --- | --- | --- |
            \(zone.joined(separator: "\n"))

            ## Each stream, under `streams.<name>`

            | Key | Default | Bounds | Unit | Meaning |
            | --- | --- | --- | --- | --- |
            \(stream.joined(separator: "\n"))

            """
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.isEmpty ? "-" : $0 }.joined(separator: " | ") + " |"
    }

    private static func code(_ text: String) -> String { "`\(text)`" }

    private static func standard(_ key: SettingsKey) -> String {
        key.standard.map { $0.isEmpty ? "empty" : code($0) } ?? "none"
    }

    private static func bounds(_ key: SettingsKey) -> String {
        switch key.kind {
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true, false"
        case .choice(let words): words.joined(separator: ", ")
        case .text: "text"
        case .pointer: "JSON pointer"
        case .optionalText(let rule): rule.rawValue
        case .mapping(let rule): "at most \(rule.most) names with values"
        case .requirements: "`type`: " + SettingsCatalogue.requirementTypes.joined(separator: ", ")
        }
    }
}
