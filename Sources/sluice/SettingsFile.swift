import ArgumentParser
import Foundation
import Settings

/// `--config`, and what to say when it can't be used.
struct SettingsFile: ParsableArguments {
    @Option(name: .customLong("config"), help: "The settings file.")
    var path = "config/local.yaml"

    /// Names every fault on standard error, and ends with status 2 if there is one.
    func load() throws -> Settings {
        do {
            return try read()
        } catch {
            print(error.description, to: &StandardError.shared)
            let count = error.faults.count
            print("sluice: \(count) \(count == 1 ? "fault" : "faults") in the settings", to: &StandardError.shared)
            throw ExitCode(2)
        }
    }

    /// The settings as the file has them now.
    func read() throws(SettingsError) -> Settings {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError(faults: [
                SettingsFault(
                    source: path, line: nil, column: nil, key: "",
                    message: "can't be read; give the settings file with --config")
            ])
        }
        return try Settings.parse(
            String(decoding: data, as: UTF8.self), source: path, environment: ProcessInfo.processInfo.environment)
    }
}
