import Files
import Journal
import Landing
import Logging
import Model
import Telemetry

/// What ``Gateway/open(_:files:store:time:incarnation:workers:log:)`` puts together, in the order in which the parts need each
/// other.
struct GatewayParts<FS: FileSystem, Store: ObjectStore, Time: TimeSource> {
    let configuration: GatewayConfiguration
    let incarnation: Incarnation
    let time: Time
    let log: Logger
    let journal: Journal<FS>
    let workers: WorkerPool
    let timers: TimerQueue<Time>
    let available: [StreamName: AvailableStream<FS, Time>]
    let strong: [StreamName: StrongStream<FS, Store, Time>]
    let quarantine: AvailableStream<FS, Time>
    /// Streams whose journals are still there, but which take no batches.
    let orphans: [AvailableStream<FS, Time>]
    let ledger: Ledger<FS, Time>
    let reserve: DiskReserve<FS>
    let trail: Trail<FS, Time>
    let telemetry: Telemetry
    let zones: ZoneTable<FS, Store, Time>
    let budget: Monitor<JournalBudget>
}
