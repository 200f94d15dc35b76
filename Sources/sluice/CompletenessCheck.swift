import ArgumentParser
import Audit

/// How far the streams of landing zones are complete, and who holds them back: the zones' names and ledgers are read, and
/// nothing else.
struct CompletenessCheck: ParsableArguments {
    @OptionGroup var places: Places

    @Option(
        name: .customLong("zone"),
        help: ArgumentHelp(
            "Say too through when each stream is complete over all gateways of this landing zone, and who holds it back. Reads the zone's ledger. Once for each zone; --config FILE alone means all zones of the settings.",
            valueName: "directory|s3://bucket/prefix|name"))
    var names: [String] = []

    @OptionGroup var expected: CompletenessOptions

    var isWanted: Bool { !names.isEmpty || places.configPath != nil }

    /// Reads the zones. Says what is wrong on standard error, and ends with status 2.
    func run(command: String) async throws -> [AuditReport.Stream] {
        var options = AuditOptions()
        options.depth = .ledger
        expected.apply(to: &options)
        return try await places.audit(try places.zones(names, command: command), options, command: command).streams
    }
}
