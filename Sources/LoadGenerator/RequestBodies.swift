import Glibc
import Model

/// The bodies of a run, built before it starts: building them costs far more than sending them.
struct RequestBodies: Sendable {
    /// Whole batches, sent in turn.
    let whole: [RequestBody]
    /// What is left when the number of events is no multiple of the batch.
    let last: RequestBody?

    init(_ configuration: LoadConfiguration, now: Timestamp) throws(LoadError) {
        var lines = try EventLines(configuration.events, now: now)
        var whole: [RequestBody] = []
        var last: RequestBody?
        var wanted = configuration.bodies
        if case .events(let total) = configuration.limit {
            wanted = min(wanted, total / configuration.batch)
            let left = total % configuration.batch
            if left > 0 { last = try RequestBody(lines: lines.take(left), coding: configuration.coding) }
        }
        for _ in 0..<wanted {
            whole.append(try RequestBody(lines: lines.take(configuration.batch), coding: configuration.coding))
        }
        self.whole = whole
        self.last = last
    }
}

/// Events without end: made up, or a file's lines over and over.
struct EventLines {
    private enum Origin {
        case synthetic(AuditEvents)
        case file([String], next: Int)
    }

    private var origin: Origin

    init(_ events: LoadConfiguration.Events, now: Timestamp) throws(LoadError) {
        switch events {
        case .synthetic(let meanBytes):
            origin = .synthetic(AuditEvents(meanBytes: meanBytes, seed: 1, start: now))
        case .file(let path):
            let lines = try EventLines.read(path)
            guard !lines.isEmpty else { throw .noEvents(path: path) }
            origin = .file(lines, next: 0)
        }
    }

    mutating func take(_ count: Int) -> [String] {
        switch origin {
        case .synthetic(var events):
            let taken = (0..<count).map { _ in events.next() }
            origin = .synthetic(events)
            return taken
        case .file(let lines, let next):
            origin = .file(lines, next: (next + count) % lines.count)
            return (0..<count).map { lines[(next + $0) % lines.count] }
        }
    }

    private static func read(_ path: String) throws(LoadError) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            guard count > 0 else { throw .unreadable(path: path, errno: errno) }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
