import Access
import Control
import Foundation
import Gateway
import Logging
import Settings
import Telemetry

/// The settings that are in force, and their reload: what can change while the gateway runs is put in force, what can't is
/// named, and a faulty file changes nothing.
actor RunningSettings {
    private let file: SettingsFile
    private var inForce: Settings
    private let access: any AccessKeeper
    private let level: SharedLogLevel
    private let telemetry: Telemetry
    private let log: Logger
    private let adopt: @Sendable ([StreamConfiguration]) -> Void

    init(
        _ settings: Settings, file: SettingsFile, access: any AccessKeeper, level: SharedLogLevel,
        telemetry: Telemetry, log: Logger, adopt: @escaping @Sendable ([StreamConfiguration]) -> Void
    ) {
        inForce = settings
        self.file = file
        self.access = access
        self.level = level
        self.telemetry = telemetry
        self.log = log
        self.adopt = adopt
    }

    func reload() -> Result<ReloadDocument, ReloadRefusal> {
        let result = Result { () throws(ReloadRefusal) in try readAgain() }
        switch result {
        case .success(let document):
            telemetry.counter(.reloads, ["done"]).add()
            log.notice(
                "the settings were read again",
                metadata: [
                    "applied": "\(document.applied.joined(separator: " "))",
                    "needs_restart": "\(document.needs_restart.joined(separator: " "))",
                ])
        case .failure(let refusal):
            telemetry.counter(.reloads, ["refused"]).add()
            for fault in refusal.faults {
                log.error("the settings are faulty; the old ones stay in force", metadata: ["fault": "\(fault)"])
            }
        }
        return result
    }

    private func readAgain() throws(ReloadRefusal) -> ReloadDocument {
        let settings: Settings
        do throws(SettingsError) { settings = try file.read() } catch {
            throw ReloadRefusal(faults: error.faults.map(\.description))
        }
        // The access file first: when it is faulty, nothing at all has changed.
        do throws(AccessError) { try access.reload() } catch { throw ReloadRefusal(faults: [error.description]) }
        let change = SettingsChange(from: inForce, to: settings)
        level.value = Logger.Level(rawValue: settings.text("log.level")) ?? .info
        adopt(settings.streams.map { StreamConfiguration($0, zone: settings.zone(of: $0)) })
        inForce = inForce.adopting(change, from: settings)
        return ReloadDocument(applied: change.live + ["access.json"], needsRestart: change.needsRestart)
    }
}
