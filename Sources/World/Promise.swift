/// What Sluice promises, as the worlds hold it to it: every violation is of one of these, and a broken world is reduced to a
/// shorter one that breaks the same.
package enum Promise: String, CaseIterable, Sendable {
    /// What was acknowledged is on the gateway's disk until it has landed, and lands.
    case kept
    /// No event lands twice within its window, and no batch is taken twice.
    case once
    /// What lands is what was sent, and no object is ever written over.
    case unchanged
    /// An object lands in the landing zone of its stream.
    case rightZone = "right-zone"
    /// What a producer was told is kept nowhere never lands.
    case keptNowhere = "kept-nowhere"
    /// A receipt's counts, verdicts, sequences, object and window are true, and the same when it is repeated.
    case receipt
    /// A key stands for one body.
    case key
    /// Every request is answered by its deadline.
    case answered
    /// A strong stream is never acknowledged while its zone is cut off, and refused at once then.
    case strong
    /// A refusal has its reason, and says when to come back.
    case reason
    /// Refused events are in `_quarantine`, as they came.
    case quarantined
    /// An operator's word about a zone holds until the next, also after a restart.
    case override
    /// What an operator was told is in the trail is there.
    case trail
    /// Complete-through claims nothing that has not landed.
    case truthful
    /// Complete-through passes what has landed.
    case progress
    /// `sluice verify` finds nothing that has no cause.
    case verified
    /// While nothing goes wrong, what is acknowledged lands within the roll time.
    case prompt
    /// A backlog lands in its order, and not faster than its bound.
    case drain
    /// Once nothing goes wrong any more, everything lands.
    case live
    /// Memory and disk stay within their bounds, and streams of low priority are refused first.
    case bounded
}
