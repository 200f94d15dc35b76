import Model

extension ZoneSettings {
    /// The keys of an S3 zone that a command takes as options.
    package static let commandKeys = ["endpoint", "region", "profile", "path_style", "ca_file"]

    /// A zone as a command's argument names it: `s3://bucket`, `s3://bucket/prefix`, or a directory.
    /// - Parameter values: other keys of an S3 zone, as in the settings file; empty ones count as none.
    package init(place: String, values: [String: String] = [:]) throws(SettingsError) {
        guard place.hasPrefix("s3://") else {
            self.init(name: .main, kind: .directory(path: place), origin: SettingsOrigin(source: place))
            return
        }
        let parts = place.dropFirst("s3://".count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var found = values
        found["bucket"] = String(parts[0])
        // People write `s3://bucket/prefix/`, too.
        found["prefix"] = parts.count > 1 ? String(parts[1]).trimmingSlashes : ""
        var faults: [SettingsFault] = []
        for (path, text) in found.sorted(by: { $0.key < $1.key }) where !text.isEmpty || path == "bucket" {
            guard let key = SettingsCatalogue.zoneKeys.first(where: { $0.path == path }) else {
                preconditionFailure("\(path) is no key of a zone")
            }
            let message = text.isEmpty ? "is required, as in s3://bucket/prefix" : key.fault(in: text)
            guard let message else { continue }
            faults.append(SettingsFault(source: place, line: nil, column: nil, key: path, message: message))
        }
        guard faults.isEmpty else { throw SettingsError(faults: faults) }
        self.init(
            name: .main, kind: .s3(S3ZoneSettings(ZoneValues(found, [:]))), origin: SettingsOrigin(source: place))
    }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var text = self[...]
        while text.last == "/" { text.removeLast() }
        return String(text)
    }
}
