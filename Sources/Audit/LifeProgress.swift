import Model

/// How far one gateway's stream is provably complete, over all its lives.
struct LifeProgress {
    private var latest: Timestamp?
    /// The earliest point at which some life is not whole yet; `.some(nil)` when that life has no position at all.
    private var heldBack: Timestamp??

    mutating func add(_ position: Timestamp?, complete: Bool) {
        if complete {
            if let position { latest = max(latest ?? position, position) }
        } else if let held = heldBack, let held, let position {
            heldBack = .some(min(held, position))
        } else if heldBack == nil {
            heldBack = .some(position)
        } else {
            heldBack = .some(nil)
        }
    }

    /// Everything acknowledged up to this moment has landed.
    var through: Timestamp? { heldBack ?? latest }
}
