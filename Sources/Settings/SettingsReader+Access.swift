extension SettingsReader {
    /// Without authentication the gateway may listen on loopback only, unless that was said to be meant.
    mutating func requireKeysOnNetworks() {
        func value(_ path: String) -> String? {
            values[path] ?? SettingsCatalogue.keys.first { $0.path == path }?.standard
        }
        guard value("access.authentication") == "none", value("access.allow_open_network") != "true" else { return }
        for (key, enabled) in [("listen.host", true), ("control.host", value("control.enabled") == "true")]
        where enabled {
            guard let host = value(key), !SettingsReader.isLoopback(host) else { continue }
            fault(
                nil, key,
                "`\(host)` can be reached over the network, and access.authentication is none: require keys, listen on 127.0.0.1, or set access.allow_open_network to true"
            )
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.wholeMatch(of: /127(\.\d{1,3}){3}/) != nil
    }
}
