import Gateway
import Model

/// What producers are told, checked at once.
extension World {
    func take(_ outcome: BatchOutcome, of delivery: Delivery) {
        delivery.isAnswered = true
        switch outcome {
        case .receipt(let receipt): take(receipt, of: delivery)
        case .refused(let refusal): take(refusal, of: delivery)
        }
        checkBudget(outcome, of: delivery)
        guard delivery.machine.life === delivery.life else { return }
        do throws(Violation) { try checkMemory(of: delivery.machine) } catch { violate(error) }
        // Reading all that waits on a disk takes as long as dozens of answers.
        answers += 1
        if answers % 32 == 0 { checkKept(on: delivery.machine) }
    }

    /// To another body than the one that the key's receipt was for.
    func take(_ outcome: BatchOutcome, ofOtherBodyUnder key: String) {
        summary.otherBodies += 1
        switch outcome {
        case .receipt: violate(.key, "another body is taken under the key \(key)")
        case .refused(let refusal):
            record.refuse("\(refusal)".prefix { $0 != "(" }.description)
            if case .keyReused = refusal { return }
            if refusal.retryAfter == nil { violate(.key, "another body under the key \(key) is refused by \(refusal)") }
        }
    }

    /// Its deadline, and a second more, are over.
    func checkAnswered(_ delivery: Delivery) {
        guard !delivery.isAnswered, delivery.machine.life === delivery.life else { return }
        violate(.answered, "\(delivery.stream): \(delivery.key) has no answer \(Life.patience.shown) after it was sent")
    }

    private func take(_ receipt: Receipt, of delivery: Delivery) {
        let (stream, key, offer, machine) = (delivery.stream, delivery.key, delivery.offer, delivery.machine)
        let place = receipt.sequence.map { " as \($0.range)" } ?? ""
        history.note(
            machine.name,
            "\(stream): \(key) is \(receipt.durability.rawValue)\(place)\(receipt.replayed ? ", a repeat" : "")")
        if let contradiction = record.acknowledge(delivery, told: loop.now, receipt) { violate(contradiction) }
        if delivery.isStrong, delivery.isCutOff {
            violate(.strong, "\(stream): \(key) was acknowledged while the zone was cut off")
        }
        if !receipt.replayed, offer.lines.count > max(delivery.eventsMax, machine.eventsMax(of: stream)) {
            violate(.bounded, "\(stream): \(key) was taken, with more events than the settings allow")
        }
        checkVerdicts(receipt, of: delivery)
        if delivery.asked == .strong, receipt.durability != .landed {
            violate(.receipt, "\(key): asked to land it, and was told that it is \(receipt.durability)")
        }
        let events = offer.events(without: Set(receipt.rejected.map(\.index)))
        guard receipt.durability == .landed else { return expectLanding(of: events, delivery) }
        // An available stream's key log may forget the name, in a crash or once its window has ended.
        let mayForget = !delivery.isStrong && (machine.hasDied || record.isExcused(offer.events))
        if receipt.object == nil, !events.isEmpty, !mayForget {
            violate(.receipt, "\(key) is said to have landed, and not where")
        }
        do throws(Violation) {
            if !(try holds(receipt.object, stream, machine)).isSuperset(of: events) {
                violate(.kept, "\(key) is said to have landed, and is not in \(receipt.object ?? "any object")")
            }
        } catch { violate(error) }
    }

    /// The receipt tells of each event, and refuses those that the settings refuse.
    private func checkVerdicts(_ receipt: Receipt, of delivery: Delivery) {
        let (offer, count) = (delivery.offer, delivery.offer.lines.count)
        let refused = Set(receipt.rejected.map(\.index))
        if receipt.received != count || receipt.accepted != count - refused.count
            || receipt.rejected.count != refused.count
            || receipt.sequence.map({ $0.range.count != UInt64(receipt.accepted) }) ?? false
        {
            violate(.receipt, "\(delivery.key), of \(count) events: \(receipt)")
        }
        if !receipt.replayed { summary.refusedEvents += refused.count }
        let (least, most) = (offer.refused(checks: false), offer.refused(checks: true))
        var isRight = delivery.isStrong ? refused.isEmpty : refused.isSuperset(of: least) && refused.isSubset(of: most)
        // A repeat tells of the settings as they were.
        if !receipt.replayed, delivery.checksMembers == delivery.machine.checksMembers(of: delivery.stream) {
            isRight = refused == offer.refused(checks: delivery.checksMembers)
        }
        if !isRight { violate(.receipt, "\(delivery.key): \(refused.sorted()) are refused, of \(offer.lines)") }
        if !delivery.isStrong, receipt.idempotencyWindow != plan.idempotencyWindow {
            violate(.receipt, "\(delivery.key): a window of \(receipt.idempotencyWindow.shown) is stated")
        }
    }

    /// The events in the object; in all of the stream's when a crash cut the key log behind the keys, so that the name is
    /// forgotten, but not that they are there.
    private func holds(
        _ object: String?, _ stream: StreamName, _ machine: Machine
    ) throws(Violation) -> Set<String> {
        guard let object else { return try landedKeys(stream)[place(stream, machine.gatewayName)] ?? [] }
        guard bucket(of: stream).objects[object] != nil else {
            throw Violation(.kept, "\(object) is said to hold a batch, and is not there")
        }
        return Set(try bucket(of: stream).keys(of: object))
    }

    private func take(_ refusal: Refusal, of delivery: Delivery) {
        let (stream, key, machine) = (delivery.stream, delivery.key, delivery.machine)
        let word = "\(refusal)".prefix { $0 != "(" }.description
        record.refuse(word)
        history.note(machine.name, "\(stream): \(key) is refused: \(word)")
        if delivery.isStrong, delivery.isCutOff {
            summary.refusedAtOnce += 1
            let wait = loop.now - delivery.sent
            if wait > .milliseconds(100) {
                violate(.strong, "\(stream): \(key) is refused only after \(wait.shown), while cut off")
            }
        }
        if isForGood(refusal) {
            record.refuseForGood(delivery)
            let place = place(stream, machine.gatewayName)
            let hasLanded = delivery.offer.events.contains {
                landed[place]?.contains($0) == true && record.isHopeless($0, at: place)
            }
            if hasLanded { violate(.keptNowhere, "\(stream): \(key) is refused as kept nowhere, and has landed") }
        }
        switch refusal {
        case .partitioned where delivery.wasNeverCutOff:
            violate(.reason, "\(stream): \(key) is refused as cut off, and \(delivery.zone) is not")
        case .landingUnavailable where delivery.isStrong && wasFine(delivery):
            violate(.reason, "\(stream): \(key) is refused, and nothing is wrong: \(refusal)")
        case .partitioned, .landingUnavailable, .landingPending:
            if delivery.asked == .available { violate(.reason, "an available stream refused: \(refusal)") }
        case .journalFull:
            if plan.journalBudgetBytes == nil, plan.hasRoomyDisk, plan.ownBudget?.stream != stream {
                violate(.reason, "\(refusal), and there is room")
            }
        case .journalFailed:
            if !plan.hasDiskFaults, record.rottedStreams[machine.gatewayName] == nil {
                violate(.reason, "\(refusal), and the disk is sound")
            }
        case .tooManyEvents where delivery.offer.lines.count > min(delivery.eventsMax, machine.eventsMax(of: stream)):
            return
        case .invalidEvents(_, let rejected)
        where delivery.isStrong && !rejected.isEmpty
            && Set(rejected.map(\.index)) == delivery.offer.refused(checks: true):
            return
        case .batchInFlight where plan.contradicts: break
        default: violate(.reason, "an unexpected refusal: \(refusal)")
        }
        if refusal.retryAfter == nil { violate(.reason, "\(refusal) does not say when to come back") }
    }

    /// Nothing of it is kept, whatever else happens.
    private func isForGood(_ refusal: Refusal) -> Bool {
        switch refusal {
        case .tooManyEvents, .invalidEvents, .partitioned: true
        default: false
        }
    }

    /// For a minute before it was sent, and ever since, nothing has gone wrong on its way to the zone.
    private func wasFine(_ delivery: Delivery) -> Bool {
        delivery.machine.undisturbed(delivery.zone).map { delivery.sent - $0 > .seconds(60) } ?? false
    }

    /// While nothing goes wrong, what is acknowledged lands within the roll time.
    private func expectLanding(of events: [String], _ delivery: Delivery) {
        let (stream, machine) = (delivery.stream, delivery.machine)
        // What had waited until then has landed by now.
        let settled = Duration.seconds(120)
        guard let since = machine.undisturbed(delivery.zone), loop.now - since > settled else { return }
        // A request, its answer, and a retry of either.
        let rollTime = plan.segmentMaxAge + .seconds(5)
        loop.later(after: rollTime, tie: UInt64(summary.rollChecks)) { [self] in
            guard machine.undisturbed(delivery.zone) == since else { return }
            summary.rollChecks += 1
            if let missing = missing(events, in: landed[place(stream, machine.gatewayName)]) {
                violate(
                    .prompt,
                    "\(machine.name): \(missing) of \(stream) has not landed \(rollTime.shown) after its receipt")
            }
        }
    }
}
