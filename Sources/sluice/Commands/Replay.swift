import ArgumentParser

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Land objects again, or send their batches again.",
        discussion: """
            Both do nothing twice: what is there, or known, already is counted and left alone. So a replay that was cut off is \
            simply started again.
            """,
        subcommands: [ReplayLand.self, ReplayPost.self])
}
