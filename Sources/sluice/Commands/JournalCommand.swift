import ArgumentParser

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look into a journal directory; never changes it.",
        subcommands: [JournalInspect.self, JournalVerify.self, JournalExport.self])
}
