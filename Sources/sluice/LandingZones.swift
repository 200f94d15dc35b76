import AWS
import Curl
import Files
import Gateway
import Landing
import Logging
import Model
import Settings
import SystemPackage

typealias ProductionStore = ZoneStore<LinuxFileSystem, CurlClient, SystemTime>

/// The landing zones of the settings, opened.
struct LandingZones {
    let stores: [ZoneName: ProductionStore]
    private let directoryThreads: WorkerPool
    private let buckets: S3Buckets

    /// Throws what a person should read when a zone can't be used at all; a zone that is only out of reach is no error.
    init(_ settings: Settings, log: Logger) throws {
        let files = LinuxFileSystem()
        let threads = WorkerPool(name: "landing", threads: settings.number("landing.concurrency") + 2)
        var stores: [ZoneName: ProductionStore] = [:]
        let buckets = S3Buckets(gateway: "\(settings.gatewayName)", log: log)
        for zone in settings.zones {
            switch zone.kind {
            case .directory(let path):
                stores[zone.name] = .directory(
                    DirectoryStore(files, root: FilePath(path)) { threads.run($0) })
            case .s3(let set):
                let bucket = try buckets.open(zone, set)
                stores[zone.name] = .s3(S3Store(bucket.client, files: files, options: S3Options(set)))
            }
        }
        self.stores = stores
        self.buckets = buckets
        directoryThreads = threads
    }

    func stop() {
        directoryThreads.stop()
        buckets.stop()
    }
}

extension ZoneSettings {
    /// Where it is, as people write it.
    var place: String {
        switch kind {
        case .directory(let path): path
        case .s3(let set): "s3://\(set.bucket)" + (set.prefix.isEmpty ? "" : "/\(set.prefix)")
        }
    }
}
