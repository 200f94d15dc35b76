import Gateway

/// Carries orders out: first the line in the trail, then the deed. What could not be written is not done; what was
/// written and could not be done is followed by a line that says so.
struct Orders: Sendable {
    let gateway: any ControlPlaneIntake

    func carryOut<R: Sendable>(
        _ entry: TrailEntry, _ deed: () async throws(ControlProblem) -> R
    ) async throws(ControlProblem) -> R {
        try await write(entry)
        do throws(ControlProblem) { return try await deed() } catch {
            gateway.record(
                TrailEntry(
                    .notDone, by: entry.actor, on: entry.target, reason: "\(entry.action.rawValue): \(error.detail)")
            ) { _ in }
            throw error
        }
    }

    /// Waits until the entry is durable.
    func write(_ entry: TrailEntry) async throws(ControlProblem) {
        let failure = await withCheckedContinuation { continuation in
            gateway.record(entry) { continuation.resume(returning: $0) }
        }
        guard let failure else { return }
        let why =
            switch failure {
            case .full: "the disk is full"
            case .failed: "its journal could not be written; see the gateway's log"
            case .stopping: "the gateway is stopping"
            }
        throw ControlProblem(
            .notSaved, "The order could not be written into the trail (\(why)), so it was not carried out.")
    }
}
