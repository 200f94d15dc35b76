import Control
import Edge
import Logging
import Settings

extension DescriptorBudget {
    /// What the settings ask for, as far as the process's descriptors go.
    init(_ settings: Settings, loops: Int, _ log: Logger) {
        let (available, wanted) = (DescriptorBudget.available(), settings.number("listen.connections_max"))
        self.init(
            available: available, own: settings.ownDescriptors(loops: loops), wanted: wanted,
            control: settings.flag("control.enabled") ? ControlConfiguration().connectionsMax : 0)
        guard connections < wanted else { return }
        log.warning(
            "fewer connections than configured: descriptors are short",
            metadata: ["connections": "\(connections)", "descriptors": "\(available)"])
    }
}

extension Settings {
    /// What the process needs for itself: 28 for logs, locks, signals, the runtime and what is just being accepted; three for
    /// each event loop, that of the control plane included; four for each journal (its segment, the next one or a sidecar, their
    /// directory, its key log), also of `_ledger`, `_quarantine` and `_trail`; and what is on its way to landing zones: a copy
    /// needs three, a PUT its connection and the segment. Journals of streams that the settings no longer name are not counted.
    fileprivate func ownDescriptors(loops: Int) -> Int {
        let journals = streams.count + 3
        let concurrency = number("landing.concurrency")
        var landing = 0
        var hasDirectory = false
        for zone in zones {
            switch zone.kind {
            case .directory: hasDirectory = true
            case .s3(let bucket): landing += bucket.connectionsMax + concurrency
            }
        }
        // Directories share their threads.
        if hasDirectory { landing += 3 * (concurrency + 2) }
        return 28 + 3 * (loops + 1) + 4 * journals + landing
    }
}
