import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "The regional front door for platform telemetry.",
        version: Version.current,
        subcommands: [
            Serve.self, Status.self, Streams.self, ReceiptCommand.self, Partition.self, Producers.self, Operators.self,
            Reload.self, Config.self, JournalCommand.self, Verify.self, ReplayCommand.self, Bench.self, Simulate.self,
        ])
}
