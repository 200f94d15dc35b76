import Access
import Model
import Testing

@Suite("Failed logins") struct FailedLoginsTests {
    private func at(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

    @Test("the first is told at once, a flood as one summary when its window ends")
    func flood() {
        var logins = FailedLogins(window: .seconds(60))
        #expect(logins.refused(plane: "data", address: "a", now: at(0)).map(\.count) == [1])
        for number in 0..<1000 {
            #expect(logins.refused(plane: "data", address: "h\(number % 12)", now: at(1)).isEmpty)
        }
        #expect(logins.refused(plane: "control", address: "a", now: at(2)).map(\.plane) == ["control"])
        #expect(logins.due(now: at(59)).isEmpty)
        let told = logins.due(now: at(60))
        #expect(told.map(\.count) == [1000] && told[0].addresses.count == FailedLogins.mostAddresses)
        #expect(told[0].furtherAddresses > 0)
        #expect(logins.due(now: at(120)).isEmpty, "one refusal alone was told already")
    }
}
