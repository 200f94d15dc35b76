package import Journal
package import Model
package import SystemPackage

/// Everything a gateway needs to know, checked by the settings before it gets here.
package struct GatewayConfiguration: Sendable {
    package var name: GatewayName
    package var streams: [StreamConfiguration]
    package var journalDirectory: FilePath
    package var journal: JournalConfiguration
    /// Space kept free on the journal's volume. Default 64 MiB.
    package var journalReserveBytes: Int64 = 64 << 20
    /// What all journals together may hold. Default `nil`: what the disk has.
    package var journalBudgetBytes: Int64?
    /// Holds for each landing zone on its own.
    package var landing = LandingSchedule.Configuration()
    /// When a landing zone counts as partitioned, and when as healed.
    package var partition = PartitionControl.Configuration()
    /// Where the gateway's own streams land.
    package var ownZone = ZoneName.main
    /// Bytes of bodies in flight. Default 128 MiB.
    package var maxInFlightBytes = 128 << 20
    /// How long a batch is recognised. Default 24 h.
    package var idempotencyWindow: Duration = .seconds(86_400)
    /// Batches remembered per stream, whatever the window. Default 500,000 (about 50 MB).
    package var idempotencyMaxBatches = 500_000
    /// How long strong streams recognise a batch: the retention of their landing objects. Default 30 days.
    package var strongIdempotencyWindow: Duration = .seconds(30 * 86_400)
    /// How often the ledger states each stream's position. Default 5 s.
    package var positionInterval: Duration = .seconds(5)
    /// For the ledger's opening line.
    package var version: String

    package init(
        name: GatewayName, streams: [StreamConfiguration], journalDirectory: FilePath,
        journal: JournalConfiguration, version: String
    ) {
        self.name = name
        self.streams = streams
        self.journalDirectory = journalDirectory
        self.journal = journal
        self.version = version
    }
}
