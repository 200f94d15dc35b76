import Access
package import Gateway
package import Model
import Synchronization

/// Counts refused keys of both planes, and sees to it that the trail tells of them without being flooded.
package final class LoginWatch: Sendable {
    private let logins: Mutex<FailedLogins>
    private let time: any TimeSource
    private let record: @Sendable (TrailEntry) -> Void

    package init(
        time: any TimeSource, window: Duration = .seconds(60), record: @escaping @Sendable (TrailEntry) -> Void
    ) {
        self.time = time
        self.record = record
        logins = Mutex(FailedLogins(window: window))
    }

    /// A key was refused on a plane (`data` or `control`).
    package func refused(plane: String, address: String) {
        let now = time.monotonic()
        tell(logins.withLock { $0.refused(plane: plane, address: address, now: now) })
    }

    /// Tells what windows that have ended have gathered; called every few seconds.
    package func tick() {
        let now = time.monotonic()
        tell(logins.withLock { $0.due(now: now) })
    }

    private func tell(_ summaries: [FailedLogins.Summary]) {
        for summary in summaries {
            let more = summary.furtherAddresses > 0 ? " and \(summary.furtherAddresses) from others" : ""
            record(
                TrailEntry(
                    .loginFailed, by: TrailActor(name: "unknown", role: "none"), on: "\(summary.plane) plane",
                    after: [
                        "count": "\(summary.count)", "addresses": summary.addresses.joined(separator: " ") + more,
                    ]))
        }
    }
}
