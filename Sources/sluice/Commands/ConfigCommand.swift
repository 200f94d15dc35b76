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
        discussion: """
            Of S3 zones it checks what can be told without asking anybody: region, profile, certificates. Exit status: 0 \
            good, 2 faulty.
            """)

    @OptionGroup var file: SettingsFile

    func run() throws {
        let settings = try file.load()
        let faults = settings.zones.flatMap { zone in
            if case .s3(let set) = zone.kind { S3Bucket.faults(zone, set) } else { [] as [ZoneFault] }
        }
        for fault in faults { print("\(fault)", to: &StandardError.shared) }
        if !faults.isEmpty { throw ExitCode(2) }
        print("\(file.path): good")
        for zone in settings.zones { print("  zone \(zone.name): \(zone.place)") }
        for stream in settings.streams {
            print("  \(stream.name): \(stream.strong ? "strong" : "available")")
        }
    }
}
