import Model
import Payload

/// How one reading of the settings differs from another.
package struct SettingsChange: Sendable, Equatable {
    /// Can be put in force at once.
    package var live: [String] = []
    /// In force from the next start on.
    package var needsRestart: [String] = []

    /// Keys of the gateway that can change while it runs.
    private static let liveKeys: Set<String> = ["log.level"]

    package init(from old: Settings, to new: Settings) {
        for key in SettingsCatalogue.keys where old.text(key.path) != new.text(key.path) {
            add(key.path, live: SettingsChange.liveKeys.contains(key.path))
        }
        if old.zones.map(\.look) != new.zones.map(\.look) { needsRestart.append("zones") }
        let before = Dictionary(uniqueKeysWithValues: old.streams.map { ($0.name, $0) })
        let after = Dictionary(uniqueKeysWithValues: new.streams.map { ($0.name, $0) })
        for name in Set(before.keys).union(after.keys).sorted() {
            guard let before = before[name], let after = after[name] else {
                needsRestart.append("streams.\(name)")
                continue
            }
            for key in before.differences(from: after) {
                // What a stream's batches may be is asked batch by batch; where and how it keeps them is built at the start.
                add("streams.\(name).\(key)", live: !StreamSettings.fixedKeys.contains(key))
            }
        }
    }

    private mutating func add(_ path: String, live isLive: Bool) {
        if isLive { live.append(path) } else { needsRestart.append(path) }
    }
}

extension ZoneSettings {
    /// Zones hold no plain values; what they look like tells whether they differ. Where they stand in the file does not.
    fileprivate var look: String { "\(name) \(kind)" }
}

extension StreamSettings {
    /// Keys that are in force from the next start on.
    static let fixedKeys: Set<String> = ["consistency", "zone", "priority", "journal_budget_bytes"]

    /// The keys that differ, in the catalogue's order.
    func differences(from other: StreamSettings) -> [String] {
        SettingsCatalogue.streamKeys.map(\.path).filter { key in
            if key == "required" { return "\(rules.required)" != "\(other.rules.required)" }
            return values[key] ?? "" != other.values[key] ?? ""
        }
    }
}

extension Settings {
    /// These settings with what is live of a change: what needs a restart still differs when the file is read again.
    package func adopting(_ change: SettingsChange, from new: Settings) -> Settings {
        var values = values
        for path in change.live where !path.hasPrefix("streams.") { values[path] = new.text(path) }
        let renewed = Dictionary(uniqueKeysWithValues: new.streams.map { ($0.name, $0) })
        return Settings(
            values: values, streams: streams.map { old in renewed[old.name].map { old.adopting($0) } ?? old },
            zones: zones)
    }
}

extension StreamSettings {
    fileprivate func adopting(_ new: StreamSettings) -> StreamSettings {
        var values = new.values
        for key in StreamSettings.fixedKeys { values[key] = self.values[key] }
        return StreamSettings(name: name, values: values, required: new.rules.required)
    }
}
