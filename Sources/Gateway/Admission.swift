import Model

/// Bounds the bytes of bodies in flight. Requests are granted in the order they came; one that would not fit at all
/// is granted once nothing else is in flight.
package final class Admission: Sendable {
    private struct Waiter {
        var id: UInt64
        var bytes: Int
        var granted: @Sendable (any AdmissionTicket) -> Void
    }
    private struct State {
        var inFlight = 0
        var nextID: UInt64 = 0
        var waiters: [Waiter] = []

        mutating func admitted(limit: Int) -> [Waiter] {
            var ready: [Waiter] = []
            while let first = waiters.first, inFlight == 0 || inFlight + first.bytes <= limit {
                inFlight += first.bytes
                ready.append(waiters.removeFirst())
            }
            return ready
        }
    }

    private let state = Monitor(State())
    private let limit: Int

    /// `limit`: bytes in flight. Default 128 MiB (`admission.max_in_flight_bytes`).
    package init(limit: Int) { self.limit = limit }

    /// Bytes granted and not yet released.
    package var bytesInFlight: Int { state.withLock { $0.inFlight } }

    /// See ``Intake/admit(bytes:granted:)``.
    package func admit(bytes: Int, granted: @escaping @Sendable (any AdmissionTicket) -> Void) -> any AdmissionRequest {
        let (id, ready) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.waiters.append(Waiter(id: id, bytes: bytes, granted: granted))
            return (id, state.admitted(limit: limit))
        }
        grant(ready)
        return Request(admission: self, id: id)
    }

    private func grant(_ waiters: [Waiter]) {
        for waiter in waiters { waiter.granted(Ticket(admission: self, bytes: waiter.bytes)) }
    }

    private func cancel(_ id: UInt64) {
        grant(
            state.withLock { state in
                state.waiters.removeAll { $0.id == id }
                return state.admitted(limit: limit)
            })
    }

    private func release(_ bytes: Int) {
        grant(
            state.withLock { state in
                state.inFlight -= bytes
                precondition(state.inFlight >= 0, "a ticket was released twice")
                return state.admitted(limit: limit)
            })
    }

    private struct Request: AdmissionRequest {
        let admission: Admission
        let id: UInt64
        func cancel() { admission.cancel(id) }
    }

    private final class Ticket: AdmissionTicket {
        private let bytes = Monitor<Int?>(nil)
        private let admission: Admission
        init(admission: Admission, bytes: Int) {
            self.admission = admission
            self.bytes.withLock { $0 = bytes }
        }
        func release() {
            let held = bytes.withLock { bytes in
                defer { bytes = nil }
                return bytes
            }
            if let held { admission.release(held) }
        }
        deinit { release() }
    }
}
