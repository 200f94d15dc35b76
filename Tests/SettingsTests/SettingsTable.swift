import Payload
import Scenarios
import Settings

/// The tables of `docs/settings.md` and `docs/scenarios.md`, made from the catalogues.
enum SettingsTable {
    static var markdown: String {
        let all = SettingsCatalogue.keys.map { key in
            row([code(key.path), standard(key), bounds(key), key.unit, code(key.environmentName), key.meaning])
        }
        return """
            ## Gateway

            | Key | Default | Bounds | Unit | Environment | Meaning |
            | --- | --- | --- | --- | --- | --- |
            \(all.joined(separator: "\n"))

            ## Each landing zone, under `zones.<name>`

            Without `zones` there is one, `main`, in the directory `var/landing`.

            \(table(SettingsCatalogue.zoneKeys))

            ## Each stream, under `streams.<name>`

            \(table(SettingsCatalogue.streamKeys))

            """
    }

    static var scenarioMarkdown: String {
        """
        ## The file

        \(table(ScenarioCatalogue.keys))

        ### Each stream, under `streams.<name>`

        \(table(ScenarioCatalogue.streamKeys))

        ### Each of `cuts`, when nothing passes, and of `holds`, when an operator has the gateway act as if cut off

        \(table(ScenarioCatalogue.spanKeys))

        """
    }

    private static func table(_ keys: [SettingsKey]) -> String {
        let rows = keys.map { row([code($0.path), standard($0), bounds($0), $0.unit, $0.meaning]) }
        return (["| Key | Default | Bounds | Unit | Meaning |", "| --- | --- | --- | --- | --- |"] + rows)
            .joined(separator: "\n")
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

    private static func shown(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
}
