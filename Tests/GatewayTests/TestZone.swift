import Files
import Foundation
import Gateway
import Journal
import Landing
import Logging
import Model
import Payload
import SystemPackage
import Telemetry

/// A gateway over a directory of the machine that goes when the value goes.
final class TestZone: Sendable {
    typealias Store = MischievousStore
    typealias TestGateway = Gateway<LinuxFileSystem, Store, SystemTime>

    let directory: URL
    let store: Store
    private let landers = WorkerPool(name: "landing", threads: 4)

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        store = Store(
            DirectoryStore(LinuxFileSystem(), root: FilePath(directory.path).appending("landing")) { [landers] in
                landers.run($0)
            })
    }

    deinit {
        landers.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    var landing: String { directory.appendingPathComponent("landing").path }

    /// Opens a gateway with the streams `logs` (available) and `bills` (strong).
    func open(
        telemetry: Telemetry = Telemetry(), _ change: (inout GatewayConfiguration) -> Void = { _ in },
        observer: @escaping @Sendable (ZoneChange) -> Void = { _ in }
    ) throws -> TestGateway {
        var configuration = GatewayConfiguration(
            name: GatewayName("local")!,
            streams: [
                StreamConfiguration(name: StreamName("logs")!, consistency: .available, rules: .init()),
                StreamConfiguration(name: StreamName("bills")!, consistency: .strong, rules: .init()),
            ],
            journalDirectory: FilePath(directory.path).appending("journal"), journal: JournalConfiguration(),
            version: "test")
        configuration.journalReserveBytes = 0
        // One segment a life, however slow the machine.
        configuration.journal.segmentMaxAge = .seconds(3600)
        configuration.landing.retryMin = .milliseconds(1)
        configuration.landing.retryMax = .milliseconds(50)
        change(&configuration)
        return try Gateway.open(
            configuration, files: LinuxFileSystem(), stores: [.main: store], time: SystemTime(),
            incarnation: Incarnation(rawValue: UInt64.random(in: 0...UInt64.max)),
            workers: WorkerPool(name: "worker", threads: 2), telemetry: telemetry,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, observer: observer)
    }

    /// Every object's name, sorted.
    func objects(_ prefix: String = "") -> [String] {
        let walk = FileManager.default.enumerator(atPath: landing)
        var names: [String] = []
        while let name = walk?.nextObject() as? String {
            if name.hasSuffix(".json.gz"), name.hasPrefix(prefix) { names.append(name) }
        }
        return names.sorted()
    }
}

extension Gateway {
    /// Hands a batch in and waits for its outcome.
    func send(
        _ text: String, to stream: String, key: String? = nil, within: Duration = .seconds(20),
        consistency: Consistency = .available
    ) async -> BatchOutcome {
        let body = BodyBuffer(capacity: text.utf8.count)
        var text = text
        text.withUTF8 { body.append(UnsafeRawBufferPointer($0)) }
        let request = BatchRequest(
            stream: StreamName(stream)!, producer: "anonymous", idempotencyKey: key, format: .ndjson, coding: .identity,
            body: body, receivedAt: SystemTime().now(), deadline: SystemTime().monotonic() + within,
            consistency: consistency)
        return await withCheckedContinuation { continuation in
            submit(request) { continuation.resume(returning: $0) }
        }
    }

    /// Asks for the receipt of a key.
    func find(_ key: String, in stream: String, by producer: String = "anonymous") async -> BatchOutcome {
        let request = ReceiptRequest(
            stream: StreamName(stream)!, producer: producer, batchKey: key,
            deadline: SystemTime().monotonic() + .seconds(20))
        return await withCheckedContinuation { continuation in
            receipt(request) { continuation.resume(returning: $0) }
        }
    }
}

extension BatchOutcome {
    var receipt: Receipt? {
        if case .receipt(let receipt) = self { return receipt }
        return nil
    }
    var refusal: Refusal? {
        if case .refused(let refusal) = self { return refusal }
        return nil
    }
}
