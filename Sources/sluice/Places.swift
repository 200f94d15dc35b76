import ArgumentParser
import Foundation
import Model
import Settings

/// How commands are told where landing zones are.
struct Places: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "A settings file: its zones can be given by name, with all that the file says of them.")
    var configPath: String?

    @Option(help: "S3: another server than AWS's, such as http://127.0.0.1:9000. (default: SLUICE_S3_ENDPOINT)")
    var endpoint: String?

    @Option(help: "S3: the buckets' region. (default: SLUICE_S3_REGION, AWS_REGION, or the profile's)")
    var region: String?

    @Option(help: "S3: profile in the shared AWS files. (default: SLUICE_S3_PROFILE, AWS_PROFILE)")
    var profile: String?

    @Option(
        help:
            "S3: the bucket in the path: auto (when an endpoint is set), true or false. (default: SLUICE_S3_PATH_STYLE)"
    )
    var pathStyle: String?

    @Option(help: "S3: PEM certificates to trust instead of the system's. (default: SLUICE_S3_CA_FILE)")
    var caFile: String?

    /// The zones that are meant. Without any, all of the settings'. A name among the settings' zones is that zone, all else is
    /// an `s3://` URL or a directory. Says what is wrong on standard error, and ends with status 2.
    func zones(_ names: [String], command: String) throws -> [ZoneSettings] {
        let settings = try configPath.map { path in
            var file = SettingsFile()
            file.path = path
            return try file.load()
        }
        if names.isEmpty, let settings { return settings.zones }
        return try names.map { name in
            if let zone = settings?.zones.first(where: { $0.name.rawValue == name }) { return zone }
            do {
                return try ZoneSettings(place: name, values: values(ProcessInfo.processInfo.environment))
            } catch {
                print("sluice \(command): \(error)", to: &StandardError.shared)
                throw ExitCode(2)
            }
        }
    }

    private func values(_ environment: [String: String]) -> [String: String] {
        let given = [
            "endpoint": endpoint, "region": region, "profile": profile, "path_style": pathStyle, "ca_file": caFile,
        ].compactMapValues(\.self)
        var values: [String: String] = [:]
        for key in ZoneSettings.commandKeys {
            values[key] = given[key] ?? environment["SLUICE_S3_" + key.uppercased()]
        }
        return values
    }
}
