package import Model

/// The settings, parsed and checked once, never changed.
package struct Settings: Sendable {
    package let gatewayName: GatewayName
    package let streams: [StreamSettings]
    /// At least one. The first is where all lands that names none.
    package let zones: [ZoneSettings]
    let values: [String: String]

    /// Parses the text of a settings file. Every fault is named, not only the first.
    /// - Parameter source: the file's name, for faults.
    package static func parse(
        _ text: String, source: String, environment: [String: String] = [:]
    ) throws(SettingsError) -> Settings {
        var reader = SettingsReader(source: source, environment: environment)
        reader.read(text)
        reader.requireStreams()
        reader.requireZones()
        reader.requireKeysOnNetworks()
        guard reader.faults.isEmpty else { throw SettingsError(faults: reader.faults) }
        return Settings(values: reader.values, streams: reader.streams, zones: reader.zones)
    }

    init(values: [String: String], streams: [StreamSettings], zones: [ZoneSettings]) {
        self.zones = zones.isEmpty ? [.standard] : zones
        self.values = values
        self.streams = streams
        guard let name = GatewayName(values["gateway.name"] ?? "local") else {
            preconditionFailure("the name was checked")
        }
        gatewayName = name
    }

    /// Where a stream lands; nil: where the gateway's own streams do.
    package func zone(of stream: StreamSettings? = nil) -> ZoneName {
        stream.map { $0.zone ?? zones[0].name } ?? ZoneName(text("ledger.zone")) ?? zones[0].name
    }

    /// A text value by its path in ``SettingsCatalogue``.
    package func text(_ path: String) -> String {
        guard let value = values[path] ?? SettingsCatalogue.keys.first(where: { $0.path == path })?.standard else {
            preconditionFailure("\(path) is not in the catalogue")
        }
        return value
    }

    /// A whole number by its path.
    package func number(_ path: String) -> Int {
        guard let value = Int(text(path)) else { preconditionFailure("\(path) is no number") }
        return value
    }

    package func flag(_ path: String) -> Bool { text(path) == "true" }

    /// Whether producers and operators must show a key.
    package var requiresKeys: Bool { text("access.authentication") == "required" }

    /// A duration by its path, whose name ends in its unit.
    package func duration(_ path: String) -> Duration {
        path.hasSuffix("_milliseconds") ? .milliseconds(number(path)) : .seconds(number(path))
    }
}
