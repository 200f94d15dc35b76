import Access
import ArgumentParser
import Control
import Edge
import Files
import Gateway
import Glibc
import Journal
import Landing
import Logging
import Model
import Settings
import SystemPackage
import Telemetry

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            SIGTERM or SIGINT stops it: no new connections, requests finish, segments are sealed and landed within the
            shutdown deadline. Exit status: 0 stopped cleanly, 1 something was left for the next start, 2 it could not start.
            """)

    @OptionGroup var file: SettingsFile

    func run() async throws {
        let settings = try file.load()
        let level = SharedLogLevel(Logger.Level(rawValue: settings.text("log.level")) ?? .info)
        let log = level.logger(label: "sluice")
        // First of all, so that a signal during recovery is not lost.
        let signals = StopSignals()
        let reloads = ReloadSignals()
        ProcessLimits.raise(log)
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let workers = WorkerPool(
            name: "worker", threads: settings.number("workers") == 0 ? cores : settings.number("workers"))
        let time = SystemTime()
        let files = LinuxFileSystem()
        let incarnation = Incarnation(rawValue: UInt64.random(in: 0...UInt64.max))
        let telemetry = Telemetry()
        let access: AccessBook<LinuxFileSystem, SystemTime>
        let zones: LandingZones
        let gateway: Gateway<LinuxFileSystem, ProductionStore, SystemTime>
        let state = FilePath(settings.text("state.directory"))
        do {
            try files.createDirectories(state)
            access = try AccessBook(
                files: files, path: state.appending("access.json"), time: time,
                quotaWindow: settings.duration("access.quota_window_seconds"))
            zones = try LandingZones(settings, log: log)
            gateway = try Gateway.open(
                GatewayConfiguration(settings), files: files, stores: zones.stores, time: time,
                incarnation: incarnation, workers: workers, telemetry: telemetry, log: log)
            if settings.requiresKeys, settings.flag("control.enabled") {
                try FirstAdmin.makeIfNeeded(
                    access, hasAdmin: access.hasAdmin, directory: state, gateway: gateway, log: log)
            }
        } catch {
            log.critical("could not start", metadata: ["error": "\(error)"])
            throw ExitCode(2)
        }
        let started = Double(time.now().microseconds) / 1e6
        telemetry.addSource { ProcessSource.samples(startedAt: started) }
        let logins = LoginWatch(time: time) { entry in gateway.record(entry) { _ in } }
        let running = RunningSettings(
            settings, file: file, access: access, level: level, telemetry: telemetry, log: log
        ) { gateway.adopt($0) }
        let upkeep = Upkeep(logins: logins, reloads: reloads, running: running, gateway: gateway)
        let control: ControlServer?
        let server: EdgeServer
        let descriptors = DescriptorBudget(settings, loops: cores, log)
        do {
            control = try await startControl(
                settings, descriptors,
                ControlParts(gateway: gateway, access: access, telemetry: telemetry, logins: logins) {
                    await running.reload()
                }, log)
            server = try await EdgeServer.start(
                configuration: EdgeConfiguration(settings, descriptors, loops: cores), intake: gateway,
                doorkeeper: settings.requiresKeys ? access : OpenDoor(), telemetry: telemetry,
                onFailedLogin: { logins.refused(plane: "data", address: $0) }, logger: log)
        } catch {
            log.critical("could not listen", metadata: ["error": "\(error)"])
            _ = gateway.stop(within: settings.duration("shutdown.deadline_seconds"))
            throw ExitCode(2)
        }
        log.notice(
            "listening",
            metadata: [
                "url": "http://\(settings.text("listen.host")):\(server.port)", "gateway": "\(settings.gatewayName)",
                "incarnation": "\(incarnation)",
                "control": "\(control.map { "http://\(settings.text("control.host")):\($0.port)" } ?? "none")",
                "landing": "\(settings.zones.map { "\($0.name) \($0.place)" }.joined(separator: ", "))",
            ])
        await signals.first()
        log.notice("stopping: finishing what is on its way, sealing, landing")
        let deadline = settings.duration("shutdown.deadline_seconds")
        gateway.refuseNewBatches()
        await server.stop(deadline: deadline / 2)
        let report = await withCheckedContinuation { continuation in
            workers.run { continuation.resume(returning: gateway.stop(within: deadline)) }
        }
        zones.stop()
        upkeep.stop()
        await control?.stop()
        guard report.clean else {
            log.warning(
                "stopped before all was done; the next start lands what is left",
                metadata: [
                    "segments": "\(report.segmentsLeft)", "requests": "\(report.requestsAbandoned)",
                    "ledger_closed": "\(report.hasEnded)",
                ])
            throw ExitCode(1)
        }
        log.notice("stopped: everything acknowledged has landed")
    }

    private func startControl(
        _ settings: Settings, _ descriptors: DescriptorBudget, _ parts: ControlParts, _ log: Logger
    ) async throws -> ControlServer? {
        guard settings.flag("control.enabled") else { return nil }
        var configuration = ControlConfiguration()
        configuration.host = settings.text("control.host")
        configuration.port = settings.number("control.port")
        configuration.requiresKey = settings.requiresKeys
        configuration.connectionsMax = descriptors.controlConnections
        return try await ControlServer.start(configuration: configuration, parts: parts, logger: log)
    }
}
