import Audit
import Control

/// The status of a gateway as a page of text.
struct StatusPage {
    private let status: StatusDocument
    private let landed: [AuditReport.Stream]?

    /// - Parameter landed: how far the streams are complete, where landing zones were looked into.
    init(_ status: StatusDocument, landed: [AuditReport.Stream]? = nil) {
        self.status = status
        self.landed = landed
    }

    var text: String {
        ([head] + faults + ["", zones, "", streams] + (landed.map { ["", StatusPage.completeness($0)] } ?? []))
            .joined(separator: "\n")
    }

    private var head: String {
        let free = status.free_bytes.map { ", \(Words.bytes($0)) free on the journal's disk" } ?? ""
        return
            "\(status.gateway)  \(status.ready ? "ready" : "NOT READY")  up \(Words.since(status.started_at, status.now))"
            + "  version \(status.version)\n\(status.requests) requests and \(Words.bytes(Int64(status.in_flight_bytes))) in flight\(free)"
    }

    private var faults: [String] { status.checks.filter { !$0.ok }.map { "FAIL  \($0.name): \($0.detail)" } }

    private var zones: String {
        var table = TextTable("ZONE", "STATE", "MODE", "FOR", "NOT LANDED", "WHY")
        for zone in status.zones {
            table.add(
                zone.name, zone.state.uppercased() == "CONNECTED" ? zone.state : zone.state.uppercased(), zone.mode,
                Words.since(zone.since, status.now), StatusPage.backlog(zone.backlog),
                zone.reason + (zone.last_failure.map { " (last failure: \($0))" } ?? ""))
        }
        return table.text
    }

    private var streams: String { StatusPage.table(status.streams) }

    static func table(_ streams: [StreamDocument]) -> String {
        var table = TextTable("STREAM", "MODE", "ZONE", "JOURNALED", "NOT LANDED", "OLDEST")
        for stream in streams {
            table.add(
                stream.name, stream.stopped ? "STOPPED" : stream.consistency, stream.zone,
                stream.consistency == "strong" ? "-" : Words.count(stream.events_journaled),
                stream.consistency == "strong" ? "-" : StatusPage.backlog(stream.backlog),
                stream.backlog.oldest_age_seconds.map(Words.duration) ?? "-")
        }
        return table.text
    }

    private static func completeness(_ streams: [AuditReport.Stream]) -> String {
        var table = TextTable("LANDED", "COMPLETE THROUGH", "HELD BACK BY")
        for stream in streams {
            let holds = stream.held_back_by.map(\.text)
            table.add(stream.stream, stream.complete_through ?? "nothing yet", holds.first ?? "nobody")
            for hold in holds.dropFirst() { table.add("", "", hold) }
        }
        return table.text
    }

    static func backlog(_ backlog: BacklogDocument) -> String {
        guard backlog.segments > 0 else { return "nothing" }
        return
            "\(Words.count(backlog.events)) events, \(Words.bytes(backlog.bytes)) in \(Words.count(backlog.segments)) segments"
    }
}
