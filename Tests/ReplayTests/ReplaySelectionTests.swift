import Audit
import Landing
import Model
import Replay
import Testing

@Suite struct ReplaySelectionTests {
    private func holds(_ selection: ReplaySelection, _ name: String, written: String? = nil) throws -> Bool {
        let parsed = try #require(LandedName(name))
        return selection.mayHold(
            parsed,
            StoredObject(
                name: name, length: 1, modified: written.flatMap { Timestamp(rfc3339: "2026-01-02T\($0).000000Z") }))
    }

    private func segment(_ hour: String, stream: String = "logs") -> String {
        "\(stream)/date=2026-01-02/hour=\(hour)/a_0000000000000001_0-9.json.gz"
    }

    private func moment(_ text: String) -> Timestamp { Timestamp(rfc3339: "2026-01-02T\(text).000000Z")! }

    @Test("hours that the range touches, and the hour before, whose segments may reach into it")
    func hours() throws {
        var selection = ReplaySelection()
        selection.since = moment("10:30:00")
        selection.until = moment("12:00:00")
        #expect(try !holds(selection, segment("08")))
        #expect(try holds(selection, segment("09")))
        #expect(try holds(selection, segment("11")))
        #expect(try !holds(selection, segment("12")))
        #expect(selection.holds(moment("10:30:00")) && !selection.holds(moment("12:00:00")))
    }

    @Test("a strong stream's objects are judged by when they were written")
    func keyed() throws {
        var selection = ReplaySelection()
        selection.since = moment("10:30:00")
        selection.until = moment("12:00:00")
        let hex = String(repeating: "ab", count: 32)
        let name = "bills/keyed/ab/\(hex).json.gz"
        #expect(try holds(selection, name))
        #expect(try !holds(selection, name, written: "10:29:58"))
        #expect(try holds(selection, name, written: "10:30:00"))
        #expect(try holds(selection, name, written: "12:30:00"), "it may have arrived before 12:00")
        #expect(try !holds(selection, name, written: "13:00:01"))
    }

    @Test("streams by name; the gateway's own only where they are wanted")
    func streams() throws {
        var selection = ReplaySelection()
        #expect(selection.prefixes == [""])
        #expect(try holds(selection, segment("00", stream: "_ledger")))
        selection.internalStreams = false
        #expect(try !holds(selection, segment("00", stream: "_ledger")))
        selection.streams = [StreamName("logs")!]
        #expect(selection.prefixes == ["logs/"])
        #expect(try holds(selection, segment("00")))
        #expect(try !holds(selection, segment("00", stream: "other")))
    }
}
