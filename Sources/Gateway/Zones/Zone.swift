package import Files
package import Landing
import Logging
package import Model

/// One landing zone of this gateway: the store, and what brings segments there.
package final class Zone<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Sendable {
    package let name: ZoneName
    let store: Store
    let lander: Lander<FS, Store, Time>
    let link: ZoneLink<FS, Store, Time>
    let createOnly: CreateOnlyProbe<Store, Time>

    init(
        _ name: ZoneName, store: Store, lander: Lander<FS, Store, Time>, link: ZoneLink<FS, Store, Time>,
        timers: TimerQueue<Time>, log: Logger
    ) {
        self.name = name
        self.store = store
        self.lander = lander
        self.link = link
        createOnly = CreateOnlyProbe(name, store: store, timers: timers, log: log)
    }

    /// Begins to hear of the zone, and to prove it.
    func start() {
        link.start(lander)
        createOnly.start()
    }
}
