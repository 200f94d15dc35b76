package import Files
package import Landing
import Logging
package import Model

/// One landing zone of this gateway: the store, and what brings segments there.
package final class Zone<FS: FileSystem, Store: ObjectStore, Time: TimeSource>: Sendable {
    package let name: ZoneName
    let store: Store
    let lander: Lander<FS, Store, Time>
    let createOnly: CreateOnlyProbe<Store, Time>

    init(
        _ name: ZoneName, store: Store, lander: Lander<FS, Store, Time>, time: Time, timers: TimerQueue<Time>,
        log: Logger
    ) {
        self.name = name
        self.store = store
        self.lander = lander
        createOnly = CreateOnlyProbe(name, store: store, timers: timers, log: log)
    }
}
