import Control
import Gateway

/// What runs beside the two planes: reloads on SIGHUP, and the telling of refused keys.
struct Upkeep {
    private let tasks: [Task<Void, Never>]

    init(
        logins: LoginWatch, reloads: ReloadSignals, running: RunningSettings, gateway: any ControlPlaneIntake
    ) {
        let ticking = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(5))
                logins.tick()
            }
        }
        let reloading = Task {
            for await _ in reloads.stream {
                let entry: TrailEntry
                switch await running.reload() {
                case .success(let document):
                    entry = TrailEntry(
                        .settingsReloaded, by: .gateway, reason: "SIGHUP",
                        after: [
                            "applied": document.applied.joined(separator: " "),
                            "needs_restart": document.needs_restart.joined(separator: " "),
                        ])
                case .failure(let refusal):
                    entry = TrailEntry(
                        .reloadRefused, by: .gateway, reason: "SIGHUP",
                        after: ["faults": refusal.faults.prefix(5).joined(separator: "; ")])
                }
                gateway.record(entry) { _ in }
            }
        }
        tasks = [ticking, reloading]
    }

    func stop() { for task in tasks { task.cancel() } }
}
