import Files
import Foundation
import Gateway
import Journal
import Landing
import Logging
import Model
import Payload
import SystemPackage

/// A landing zone that real gateways made: two lives of one gateway, an available stream and a strong one.
final class LandedZone: Sendable {
    typealias Zone = Gateway<LinuxFileSystem, DirectoryStore<LinuxFileSystem>, SystemTime>

    let root: URL
    var landing: URL { root.appendingPathComponent("landing") }

    /// - Parameter streams: which of the two get batches; `logs` a bad event too.
    init(streams: [String] = ["logs", "bills"]) async throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        for life in 0..<2 {
            let landers = WorkerPool(name: "landing", threads: 2)
            let gateway = try open(landers)
            for batch in 0..<3 {
                for stream in streams {
                    try await send("{\"life\":\(life)}\n{\"batch\":\(batch)}\n", "\(life)-\(batch)", stream, gateway)
                }
            }
            if streams.contains("logs") { try await send("{}\nbad\n", "\(life)-bad", "logs", gateway) }
            guard gateway.stop(within: .seconds(20)).clean else { throw LandedZoneError.notClean }
            landers.stop()
        }
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    enum LandedZoneError: Error { case notClean, refused(String) }

    private func open(_ landers: WorkerPool) throws -> Zone {
        let path = FilePath(root.path)
        var configuration = GatewayConfiguration(
            name: GatewayName("local")!,
            streams: [
                StreamConfiguration(name: StreamName("logs")!, consistency: .available, rules: StreamRules()),
                StreamConfiguration(name: StreamName("bills")!, consistency: .strong, rules: StreamRules()),
            ],
            journalDirectory: path.appending("journal"), journal: JournalConfiguration(), version: "test")
        configuration.journalReserveBytes = 0
        // One segment a life, however slow the machine.
        configuration.journal.segmentMaxAge = .seconds(3600)
        return try Gateway.open(
            configuration, files: LinuxFileSystem(),
            stores: [
                .main: DirectoryStore(LinuxFileSystem(), root: path.appending("landing")) { landers.run($0) }
            ],
            time: SystemTime(), incarnation: Incarnation(rawValue: UInt64.random(in: 0...UInt64.max)),
            workers: WorkerPool(name: "worker", threads: 1),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func send(_ text: String, _ key: String, _ stream: String, _ gateway: Zone) async throws {
        let body = BodyBuffer(capacity: text.utf8.count)
        var text = text
        text.withUTF8 { body.append(UnsafeRawBufferPointer($0)) }
        let request = BatchRequest(
            stream: StreamName(stream)!, producer: "anonymous", idempotencyKey: key, format: .ndjson, coding: .identity,
            body: body, receivedAt: SystemTime().now(), deadline: SystemTime().monotonic() + .seconds(20))
        let outcome = await withCheckedContinuation { continuation in
            gateway.submit(request) { continuation.resume(returning: $0) }
        }
        if case .refused(let refusal) = outcome { throw LandedZoneError.refused("\(refusal)") }
    }

    /// The names of a stream's objects, sorted.
    func objects(_ stream: String) -> [String] {
        let walk = FileManager.default.enumerator(atPath: landing.path)
        var names: [String] = []
        while let name = walk?.nextObject() as? String {
            if name.hasPrefix("\(stream)/"), name.hasSuffix(".json.gz") { names.append(name) }
        }
        return names.sorted()
    }

    func url(_ object: String) -> URL { landing.appendingPathComponent(object) }

    /// Puts other bytes under the object's name, as a rotting disk or a careless operator would.
    func damage(_ object: String, _ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: url(object))
        change(&data)
        // Not in place: the journal may share the file.
        try FileManager.default.removeItem(at: url(object))
        try data.write(to: url(object))
    }
}
