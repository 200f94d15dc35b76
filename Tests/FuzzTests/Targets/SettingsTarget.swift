import Model
import Payload

@testable import Settings

extension FuzzTarget {
    /// The text of a settings file: settings within their bounds, or faults that say where.
    static let settings = FuzzTarget("settings", maxBytes: 1 << 14) { input in
        let text = String(decoding: input, as: UTF8.self)
        let environment = ["NAME": "a-1", "EMPTY": "", "PORT": "99", "ODD": "a: [b\n", "SLUICE_LOG_LEVEL": "debug"]
        let settings: Settings
        do throws(SettingsError) {
            settings = try Settings.parse(text, source: "s.yaml", environment: environment)
        } catch {
            return try check(error.faults, lines: 1 + text.unicodeScalars.count(where: isLineBreak))
        }
        try check(settings)
        let again = try Settings.parse(text, source: "s.yaml", environment: environment)
        let change = SettingsChange(from: settings, to: again)
        try hold(change == SettingsChange(from: settings, to: settings), "a second reading differs")
        try hold(change.live.isEmpty && change.needsRestart.isEmpty, "settings differ from themselves: \(change)")
    }

    private static func check(_ faults: [SettingsFault], lines: Int) throws {
        try hold(!faults.isEmpty, "refused without a fault")
        for fault in faults {
            try hold(!fault.message.isEmpty, "a fault without words")
            guard let line = fault.line else {
                // What is missing has no place; then it has a name.
                try hold(!fault.key.isEmpty, "no line and no key: \(fault)")
                continue
            }
            try hold((1...lines + 1).contains(line), "line \(line) of \(lines): \(fault)")
            try hold(fault.column ?? 0 >= 1, "column \(fault.column ?? -1): \(fault)")
        }
    }

    private static func check(_ settings: Settings) throws {
        for key in SettingsCatalogue.keys {
            if let wrong = key.fault(in: settings.text(key.path)) { throw Breach(description: "\(key.path): \(wrong)") }
        }
        let streams = settings.streams
        try hold(!streams.isEmpty && !settings.zones.isEmpty, "no streams, or no zones")
        try hold(Set(streams.map(\.name)).count == streams.count, "two streams of one name")
        try hold(Set(settings.zones.map(\.name)).count == settings.zones.count, "two zones of one name")
        let zones = Set(settings.zones.map(\.name))
        try hold(zones.contains(settings.zone()), "the ledger's zone is not there")
        for stream in streams {
            let rules = stream.rules
            try hold(zones.contains(settings.zone(of: stream)), "\(stream.name): its zone is not there")
            try hold(!stream.name.isInternal && (0...9).contains(stream.priority), "\(stream.name) is no stream")
            try hold(
                rules.maxEventBytes <= rules.maxDecodedBytes && rules.maxDecodedBytes <= 11 << 20
                    && (1...20_000).contains(rules.maxEvents) && (1...1000).contains(rules.maxDepth),
                "\(stream.name): its rules are out of bounds")
            for pointer in rules.required.map(\.pointer) + [rules.eventID, rules.eventTime].compactMap(\.self) {
                try hold(pointer.hasPrefix("/"), "\(stream.name): \(pointer) is no pointer")
            }
        }
        for zone in settings.zones {
            guard case .s3(let bucket) = zone.kind else { continue }
            try hold((3...63).contains(bucket.bucket.utf8.count), "\(zone.name): \(bucket.bucket) is no bucket")
            // They become headers.
            for (name, value) in bucket.metadata {
                try hold((name + value).utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(zone.name): bad metadata")
            }
        }
    }

    private static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
    }
}
