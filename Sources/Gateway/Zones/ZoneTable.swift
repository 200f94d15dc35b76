import Files
import Landing
import Model

/// The gateway's landing zones by name. Every name that a stream has was checked when the gateway opened.
final class ZoneTable<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Sendable {
    private let zones: [ZoneName: Zone<FS, Store, Time>]

    init(_ zones: [Zone<FS, Store, Time>]) {
        self.zones = Dictionary(uniqueKeysWithValues: zones.map { ($0.name, $0) })
    }

    subscript(_ name: ZoneName) -> Zone<FS, Store, Time> {
        #if SLUICE_CANARIES
            if Canary.isOn(.zonesAsOne) { return all[0] }
        #endif
        guard let zone = zones[name] else { preconditionFailure("no landing zone is named \(name)") }
        return zone
    }

    /// In the order of their names.
    var all: [Zone<FS, Store, Time>] { zones.values.sorted { $0.name < $1.name } }

    /// Sealed segments that are not yet landed and retired.
    var backlog: Int { zones.values.reduce(0) { $0 + $1.lander.backlog } }

    /// Waits until all that can land has landed and is retired, or until the deadline.
    func waitUntilLanded(deadline: MonotonicInstant) {
        for zone in all { _ = zone.lander.waitUntilLanded(deadline: deadline) }
    }
}
