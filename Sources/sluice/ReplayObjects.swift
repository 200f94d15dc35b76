import ArgumentParser
import Audit
import Foundation
import Gateway
import Landing
import Model
import Replay

/// Which objects a replay is about, as options.
struct ReplayObjects: ParsableArguments {
    @Option(name: .customLong("stream"), help: "Only this stream; can be given several times.")
    var streams: [String] = []

    @Option(
        help: "Only what arrived since then: 2026-11-23, 2026-11-23T13:00:00Z, or how long ago, such as 36h or 30d.")
    var since: PointInTime?

    @Option(help: "Only what arrived before then.")
    var until: PointInTime?

    @Option(help: "A file of object names, one a line, below the zone's prefix; - is standard input.")
    var objects: String?

    func validate() throws {
        for stream in streams where StreamName(stream) == nil {
            throw ValidationError("\(stream) is no stream name.")
        }
        if let since, let until, since.time >= until.time {
            throw ValidationError("--since must be before --until.")
        }
    }

    func selection(internalStreams: Bool) -> ReplaySelection {
        var selection = ReplaySelection()
        selection.streams = Set(streams.compactMap { StreamName($0) })
        selection.since = since?.time
        selection.until = until?.time
        selection.internalStreams = internalStreams
        return selection
    }

    /// Says so when the range begins before what a landing zone keeps.
    func warnOfRetention() {
        let oldest = Timestamp(
            microseconds: SystemTime().now().microseconds - ReplaySelection.retention.wholeMicroseconds)
        guard objects == nil, let since, since.time < oldest else { return }
        print(
            "sluice replay: landing zones keep 30 days by default: what landed before \(oldest.date) may have expired",
            to: &StandardError.shared)
    }

    /// Hands over the objects that are meant, page by page, and the names that are none or are not there.
    func each(
        of zone: any LandingZoneReader, internalStreams: Bool,
        take: ([StoredObject]) async throws -> Void, missing: (String, String) -> Void
    ) async throws {
        let selection = selection(internalStreams: internalStreams)
        if let objects {
            for chunk in try names(objects).chunked(1000) {
                var found: [StoredObject] = []
                for name in chunk {
                    guard let parsed = LandedName(name) else {
                        missing(name, "no gateway gives this name")
                        continue
                    }
                    guard let object = try await zone.object(named: name) else {
                        missing(name, "it is not in \(zone.place)")
                        continue
                    }
                    if selection.mayHold(parsed, object) { found.append(object) }
                }
                try await take(found)
            }
            return
        }
        for prefix in selection.prefixes {
            try await zone.list(prefix) { page in
                try await take(
                    page.filter { object in LandedName(object.name).map { selection.mayHold($0, object) } ?? false })
            }
        }
    }

    private func names(_ path: String) throws -> [String] {
        let data =
            path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
        guard let data else { throw ZoneListFault(description: "\(path): can't be read; it is to hold object names") }
        return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map {
            $0.trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty }
    }
}

struct ZoneListFault: Error, CustomStringConvertible {
    var description: String
}

extension LandingZoneReader {
    /// The object of that name, if there is one.
    func object(named name: String) async throws(StoreFailure) -> StoredObject? {
        try await page(of: name, after: nil).objects.first { $0.name == name }
    }
}

extension Array {
    fileprivate func chunked(_ size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
