import Access
import Model

/// Who sends over one connection. On its event loop.
///
/// Producers send the same key with every request: the answer for it is kept until the key expires or the doorkeeper
/// changes, so that a request costs the comparison of two strings rather than a hash and a look-up.
final class ConnectionCredentials {
    private struct Known {
        var authorization: String?
        var edition: UInt64
        var admittance: Admittance
    }

    private let doorkeeper: any Doorkeeper
    private let clock = SystemTime()
    private var known: Known?

    init(_ doorkeeper: any Doorkeeper) { self.doorkeeper = doorkeeper }

    func producer(_ authorization: String?) -> ProducerPass? {
        let edition = doorkeeper.edition
        if let known, known.edition == edition, known.authorization == authorization,
            known.admittance.expiresAt.map({ clock.now() < $0 }) ?? true
        {
            return known.admittance.pass
        }
        known = doorkeeper.admit(authorization: authorization, now: clock.now()).map {
            Known(authorization: authorization, edition: edition, admittance: $0)
        }
        return known?.admittance.pass
    }

    /// Charges the bytes that are known before the body is read; says why not when the quota is spent.
    func charge(_ pass: ProducerPass, _ bytes: Int) -> DoorFault? {
        guard let meter = pass.meter else { return nil }
        let now = clock.monotonic()
        if let wait = meter.wait(now: now) {
            return .quotaExceeded(standing: meter.standing(now: now), retryAfter: wait)
        }
        meter.spend(bytes: bytes, now: now)
        return nil
    }
}
