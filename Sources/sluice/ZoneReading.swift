import CLinux
import Curl
import Files
import Foundation
import Gateway
import Landing
import Logging
import Model
import Settings
import SystemPackage

/// Landing zones as the commands `verify` and `replay` use them.
final class ZoneReading {
    private let buckets: S3Buckets
    private let threads = WorkerPool(name: "landing", threads: 8)

    init(command: String) {
        sluice_return_memory()
        var log = Logger(label: "sluice-\(command)") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .warning
        buckets = S3Buckets(gateway: "sluice-\(command)", log: log)
    }

    func reader(_ zone: ZoneSettings) throws(ZoneFault) -> any LandingZoneReader {
        switch zone.kind {
        case .directory(let path): DirectoryZone(path: path)
        case .s3(let set): S3Zone(try buckets.open(zone, set).client, limits: S3Options(set).limits)
        }
    }

    /// To land in it. A directory is made where it is missing, unless nothing is to be changed.
    func store(_ zone: ZoneSettings, isRehearsal: Bool) throws -> ProductionStore {
        switch zone.kind {
        case .directory(let path):
            if isRehearsal, !FileManager.default.fileExists(atPath: path) {
                throw StoreFailure(.misconfigured, "\(path) is no directory; a replay would make it")
            }
            return .directory(
                DirectoryStore(LinuxFileSystem(), root: FilePath(path)) { [threads] in threads.run($0) })
        case .s3(let set):
            return .s3(
                S3Store(try buckets.open(zone, set).client, files: LinuxFileSystem(), options: S3Options(set)))
        }
    }

    func stop() {
        threads.stop()
        buckets.stop()
    }
}
