import ArgumentParser
import Control

struct Partition: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Steer a landing zone.",
        discussion: """
            hold: act as partitioned, for maintenance or to spare a link. release: act as connected. auto: let the gateway
            judge. Every order and its reason go into the trail.
            """,
        subcommands: [PartitionHold.self, PartitionRelease.self, PartitionAuto.self])
}

/// What the three orders share.
struct PartitionOrder: ParsableArguments {
    @Argument(help: "The landing zone.")
    var zone = "main"

    @Option(help: "Why; it goes into the trail.")
    var reason: String

    @OptionGroup var control: ControlClient

    func give(_ word: String) throws {
        try control.show(
            "POST", "/v1/zones/\(ControlClient.segment(zone))/\(word)", ["reason": reason], as: ZoneDocument.self
        ) { print("\($0.name): mode \($0.mode), \($0.state)") }
    }
}

struct PartitionHold: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hold", abstract: "Act as partitioned.")
    @OptionGroup var order: PartitionOrder
    func run() throws { try order.give("hold") }
}

struct PartitionRelease: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "release", abstract: "Act as connected.")
    @OptionGroup var order: PartitionOrder
    func run() throws { try order.give("release") }
}

struct PartitionAuto: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "auto", abstract: "Let the gateway judge.")
    @OptionGroup var order: PartitionOrder
    func run() throws { try order.give("auto") }
}
