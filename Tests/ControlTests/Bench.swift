import Access
import Control
import Gateway
import Model
import Synchronization
import Telemetry

/// A gateway of a few lines, and an access book in memory: what the control plane asks them is what is looked at.
final class Bench: ControlPlaneIntake {
    private struct State {
        var entries: [TrailEntry] = []
        var failure: WriteFailure?
    }
    private let state = Mutex(State())

    var entries: [TrailEntry] { state.withLock { $0.entries } }
    func fail(_ failure: WriteFailure?) { state.withLock { $0.failure = failure } }

    var parts: ControlParts {
        ControlParts(
            gateway: self, access: NoBook(), telemetry: Telemetry(),
            logins: LoginWatch(time: SystemTime()) { _ in }
        ) { .success(ReloadDocument(applied: [], needsRestart: [])) }
    }

    func status() -> GatewayStatus { preconditionFailure("nobody asks") }
    func readiness() -> Readiness { Readiness(checks: []) }
    func segments(of stream: StreamName?, limit: Int) -> [SegmentStatus] { [] }
    func fate(
        of batchKey: String, producer: String, in stream: StreamName,
        completion: @escaping @Sendable (BatchFate) -> Void
    ) { completion(.unknown) }
    func recentTrail() -> [String] { [] }
    func record(_ entry: TrailEntry, completion: @escaping @Sendable (WriteFailure?) -> Void) {
        completion(
            state.withLock { state in
                if state.failure == nil { state.entries.append(entry) }
                return state.failure
            })
    }
    func steer(
        _ zone: ZoneName, to mode: PartitionControl.Override, by actor: TrailActor, reason: String,
        completion: @escaping @Sendable (Result<ZoneStanding, SteeringRefusal>) -> Void
    ) { completion(.failure(.unknownZone)) }

    /// Nobody has a key.
    struct NoBook: AccessKeeper {
        var producers: [ProducerRecord] { [] }
        var operators: [OperatorRecord] { [] }
        func identify(authorization: String?, now: Timestamp) -> OperatorIdentity? { nil }
        func addProducer(
            _ name: PrincipalName, streams: StreamGrant, quota: Quota, key: AccessKey, expiresAt: Timestamp?
        ) throws(AccessError) { throw .nameTaken(name) }
        func addOperator(
            _ name: PrincipalName, role: OperatorRole, key: AccessKey, expiresAt: Timestamp?
        ) throws(AccessError) { throw .nameTaken(name) }
        func add(_ key: AccessKey, toProducer name: PrincipalName, expiresAt: Timestamp?) throws(AccessError) {}
        func add(_ key: AccessKey, toOperator name: PrincipalName, expiresAt: Timestamp?) throws(AccessError) {}
        func changeProducer(
            _ name: PrincipalName, streams: StreamGrant?, quota: Quota?
        ) throws(AccessError) -> ProducerRecord { throw .unknownName(name) }
        func revoke(producer name: PrincipalName, key id: String?) throws(AccessError) {}
        func revoke(operator name: PrincipalName, key id: String?) throws(AccessError) {}
        func reload() throws(AccessError) {}
    }
}
