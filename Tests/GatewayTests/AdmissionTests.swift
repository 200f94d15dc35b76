import Gateway
import Synchronization
import Testing

@Suite struct AdmissionTests {
    /// Keeps what was granted, in order.
    private final class Grants: Sendable {
        private let held = Mutex<[(name: String, ticket: any AdmissionTicket)]>([])
        var names: [String] { held.withLock { $0.map(\.name) } }

        func taker(_ name: String) -> @Sendable (any AdmissionTicket) -> Void {
            { ticket in self.held.withLock { $0.append((name, ticket)) } }
        }
        func release(_ name: String) {
            let ticket = held.withLock { held in held.first { $0.name == name }?.ticket }
            ticket?.release()
        }
        func drop() { held.withLock { $0 = [] } }
    }

    @Test("first come, first granted: a small one does not overtake a large one")
    func order() {
        let admission = Admission(limit: 100)
        let grants = Grants()
        _ = admission.admit(bytes: 60, granted: grants.taker("a"))
        _ = admission.admit(bytes: 60, granted: grants.taker("large"))
        _ = admission.admit(bytes: 10, granted: grants.taker("small"))
        #expect(grants.names == ["a"] && admission.bytesInFlight == 60)
        grants.release("a")
        #expect(grants.names == ["a", "large", "small"] && admission.bytesInFlight == 70)
    }

    @Test("the limit is reached exactly, not passed")
    func limit() {
        let admission = Admission(limit: 100)
        let grants = Grants()
        _ = admission.admit(bytes: 40, granted: grants.taker("a"))
        _ = admission.admit(bytes: 60, granted: grants.taker("b"))
        _ = admission.admit(bytes: 1, granted: grants.taker("c"))
        #expect(grants.names == ["a", "b"] && admission.bytesInFlight == 100)
    }

    @Test("who gives up waiting lets the next one in")
    func cancel() {
        let admission = Admission(limit: 100)
        let grants = Grants()
        _ = admission.admit(bytes: 60, granted: grants.taker("a"))
        let waiting = admission.admit(bytes: 60, granted: grants.taker("b"))
        _ = admission.admit(bytes: 30, granted: grants.taker("c"))
        waiting.cancel()
        #expect(grants.names == ["a", "c"])
        waiting.cancel()
        grants.release("a")
        #expect(grants.names == ["a", "c"] && admission.bytesInFlight == 30)
    }

    @Test("cancelling what was granted takes nothing back")
    func cancelGranted() {
        let admission = Admission(limit: 100)
        let grants = Grants()
        admission.admit(bytes: 60, granted: grants.taker("a")).cancel()
        #expect(admission.bytesInFlight == 60)
    }

    @Test("a body larger than the limit is granted once nothing else is in flight")
    func oversize() {
        let admission = Admission(limit: 100)
        let grants = Grants()
        _ = admission.admit(bytes: 1, granted: grants.taker("a"))
        _ = admission.admit(bytes: 500, granted: grants.taker("large"))
        _ = admission.admit(bytes: 1, granted: grants.taker("b"))
        #expect(grants.names == ["a"])
        grants.release("a")
        #expect(grants.names == ["a", "large"])
        grants.release("large")
        #expect(grants.names == ["a", "large", "b"])
    }

    @Test("a ticket counts once, whether released twice or dropped")
    func releaseOnce() {
        let admission = Admission(limit: 100)
        let grants = Grants()
        _ = admission.admit(bytes: 50, granted: grants.taker("a"))
        _ = admission.admit(bytes: 50, granted: grants.taker("b"))
        grants.release("a")
        grants.release("a")
        #expect(admission.bytesInFlight == 50)
        grants.drop()
        #expect(admission.bytesInFlight == 0)
    }
}
