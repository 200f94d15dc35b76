import Files
import SystemPackage

/// The profiles of the shared config and credentials files.
package struct Profiles: Sendable {
    /// Why a file could not be used; a file that isn't there is no fault.
    package struct Fault: Error, Hashable {
        package var detail: String
    }

    private let profiles: [String: Profile]
    /// The profile that is asked for: `AWS_PROFILE`, else `AWS_DEFAULT_PROFILE`, else `default`.
    let name: String
    /// Whether somebody asked for it by name.
    let isNamed: Bool
    /// Where profiles were looked for, with what was found there: `/root/.aws/config (no such file)`.
    let places: String
    /// Profiles of the config file that lack the word `profile` in their section's name, and so are none.
    private let misnamed: Set<String>

    /// The profile that is asked for; nil when neither file has it.
    package var selected: Profile? { profiles[name] }
    subscript(_ name: String) -> Profile? { profiles[name] }

    /// Reads both files anew.
    package static func load(_ surroundings: Surroundings) throws(Fault) -> Profiles {
        try Profiles(surroundings)
    }

    private init(_ surroundings: Surroundings) throws(Fault) {
        let config = try Profiles.read(
            surroundings, surroundings["AWS_CONFIG_FILE"] ?? "~/.aws/config")
        let credentials = try Profiles.read(
            surroundings, surroundings["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials")
        var settings: [String: [String: String]] = [:]
        var misnamed: Set<String> = []
        for (section, values) in config.sections.sorted(by: { $0.key < $1.key }) {
            // `[profile default]` sorts after `[default]` and so wins, as in AWS's tools.
            if section == "default" || section.hasPrefix("profile ") {
                let name = section == "default" ? section : String(section.dropFirst("profile ".count))
                settings[name, default: [:]].merge(values) { _, new in new }
            } else if !section.contains(" ") {
                misnamed.insert(section)
            }
        }
        for (section, values) in credentials.sections {
            settings[section, default: [:]].merge(values) { _, new in new }
        }
        profiles = settings.reduce(into: [:]) { $0[$1.key] = Profile(name: $1.key, settings: $1.value) }
        self.misnamed = misnamed
        let asked = surroundings["AWS_PROFILE"] ?? surroundings["AWS_DEFAULT_PROFILE"]
        name = asked ?? "default"
        isNamed = asked != nil
        places = "\(config.place) and \(credentials.place)"
    }

    /// Why a profile is not there, for a message.
    func absence(of name: String) -> String {
        "no profile `\(name)` in \(places)"
            + (misnamed.contains(name) ? "; the config file has [\(name)] where it should say [profile \(name)]" : "")
    }

    private struct File {
        var place: String
        var sections: [String: [String: String]] = [:]
    }

    private static func read(_ surroundings: Surroundings, _ text: String) throws(Fault) -> File {
        if text.hasPrefix("~"), surroundings["HOME"] == nil { return File(place: "\(text) (HOME not set)") }
        let path = surroundings.path(text)
        let bytes: [UInt8]
        do throws(FileError) { bytes = try surroundings.read(path) } catch  where error.errno == .noSuchFileOrDirectory
        {
            return File(place: "\(path) (no such file)")
        } catch {
            throw Fault(detail: "\(error)")
        }
        do throws(ProfileFile.SyntaxError) {
            return File(place: "\(path)", sections: try ProfileFile(String(decoding: bytes, as: UTF8.self)).sections)
        } catch { throw Fault(detail: "\(path), line \(error.line): \(error.problem)") }
    }
}
