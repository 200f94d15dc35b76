import Payload
import Scenarios
import Settings

/// The tables of `docs/settings.md` and `docs/scenarios.md`, made from the catalogues.
enum SettingsTable {
    static var markdown: String {
        let all = SettingsCatalogue.keys.map { key in
            row([code(key.path), standard(key), key.bounds, key.unit, code(key.environmentName), key.meaning])
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
        let rows = keys.map { row([code($0.path), standard($0), $0.bounds, $0.unit, $0.meaning]) }
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
}
