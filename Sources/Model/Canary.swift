#if SLUICE_CANARIES
    /// Bugs put in on purpose, one at a time, to prove that the simulated worlds notice them (`make canaries`). They are in no
    /// other build: without the flag neither this type nor any place that asks it is compiled.
    package enum Canary: String, CaseIterable, Sendable {
        /// A batch is acknowledged once written, before its sync.
        case acknowledgeBeforeSync = "acknowledge-before-sync"
        /// A failed sync is tried again, and believed when it then succeeds.
        case syncAgain = "sync-again"
        /// A new segment's directory entry is not synced.
        case forgetDirectorySync = "forget-directory-sync"
        /// 409 is taken for proof that the object is there.
        case conflictAsExists = "conflict-as-exists"
        /// What has the name already is overwritten.
        case overwriteTaken = "overwrite-taken"
        /// A segment that the zone refuses with 403 is dropped.
        case dropOnDenied = "drop-on-denied"
        /// No answer is taken for success.
        case unknownAsLanded = "unknown-as-landed"
        /// Every life has the same incarnation.
        case reuseIncarnation = "reuse-incarnation"
        /// Positions claim one event more than is durable.
        case positionAhead = "position-ahead"
        /// Positions hold for a later time than they were taken at.
        case positionTooLate = "position-too-late"
        /// Whatever follows a damaged block is cut off.
        case truncateOnRot = "truncate-on-rot"
        /// A landed segment is gone before its keys are in the key log.
        case unlinkBeforeKeyLog = "unlink-before-key-log"
        /// A strong stream lands and acknowledges while its zone is partitioned.
        case strongWhilePartitioned = "strong-while-partitioned"
        /// A strong stream acknowledges what the zone did not answer for.
        case strongOnUnknown = "strong-on-unknown"
        /// What was asked to be landed is answered for once journaled.
        case answerBeforeLanding = "answer-before-landing"
        /// Batches taken in earlier lives are not recognised.
        case forgetKeysAtRestart = "forget-keys-at-restart"
        /// Batches are forgotten long before the window ends.
        case forgetEarly = "forget-early"
        /// Keys whose window has ended go before the ledger says of which lives they were.
        case forgetBeforeTold = "forget-before-told"
        /// Keys whose window has ended leave no word that their segments have landed.
        case forgetRetired = "forget-retired"
        /// Draining the newest first loses the oldest segment.
        case drainLosesSegment = "drain-loses-segment"
        /// A line of the trail that a crash left on its way is not written again.
        case forgetTrailLine = "forget-trail-line"
        /// The room promised to a batch that was refused is never given back.
        case keepRoom = "keep-room"
        /// Batches are taken whatever the journals hold.
        case ignoreBudget = "ignore-budget"
        /// All streams may fill the journals to the brim, whatever their priority.
        case ignorePriority = "ignore-priority"
        /// A backlog lands as fast as it can.
        case drainUnbounded = "drain-unbounded"
        /// A backlog lands the other way round.
        case drainOtherOrder = "drain-other-order"
        /// A segment is sealed long after its age.
        case rollLate = "roll-late"
        /// A batch of a strong stream waits a while for its refusal while its zone is cut off.
        case refuseLate = "refuse-late"
        /// Who waits for the zone is answered only when it has answered.
        case answerLate = "answer-late"
        /// A landed segment's sidecar stays on the disk.
        case leaveSidecar = "leave-sidecar"
        /// Every stream lands in the first zone.
        case zonesAsOne = "zones-as-one"

        /// A strong batch that is refused while its zone is partitioned is landed all the same.
        case keepWhenPartitioned = "keep-when-partitioned"
        /// A strong batch that was sent before its zone was cut off is said to be kept nowhere.
        case sentAsUnkept = "sent-as-unkept"
        /// Now and then a batch of an available stream is refused on a sound disk.
        case failWithoutReason = "fail-without-reason"
        /// Now and then a batch of a strong stream is refused on a fine link.
        case refuseWithoutReason = "refuse-without-reason"
        /// A strong batch's receipt does not say where it has landed.
        case forgetObjectName = "forget-object-name"
        /// Receipts name the sequences behind those that the events have.
        case sequencesBehind = "sequences-behind"
        /// Refused events are not kept.
        case forgetRefused = "forget-refused"
        /// A batch that is tried again has its refused events kept once more.
        case refusedAgain = "refused-again"
        /// Another body under a known key is taken for a repeat.
        case otherBodyAsRepeat = "other-body-as-repeat"
        /// An operator's order is carried out, and not in the trail.
        case forgetOrder = "forget-order"

        // SAFETY: set once, before any gateway is made.
        package nonisolated(unsafe) static var chosen: Canary?

        package static func isOn(_ canary: Canary) -> Bool { chosen == canary }
    }
#endif
