import ArgumentParser
import Audit
import Settings

extension Places {
    /// Audits the zones that ``zones(_:command:)`` found. Says what is wrong on standard error, and ends with status 2.
    func audit(
        _ zones: [ZoneSettings], _ options: AuditOptions, command: String,
        progress: @escaping (AuditProgress) -> Void = { _ in }
    ) async throws -> AuditReport {
        let reading = ZoneReading(command: command)
        defer { reading.stop() }
        do {
            let zones = try zones.map { AuditZone(try reading.reader($0), name: configPath == nil ? nil : $0.name) }
            return try await LandingAudit.run(zones, options, progress: progress)
        } catch {
            print("sluice \(command): \(sentence(error))", to: &StandardError.shared)
            throw ExitCode(2)
        }
    }
}
