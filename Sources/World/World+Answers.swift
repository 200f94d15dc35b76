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
    }

    /// Its deadline, and a second more, are over.
    func checkAnswered(_ delivery: Delivery) {
        guard !delivery.isAnswered, delivery.machine.life === delivery.life else { return }
        violate("\(delivery.stream): \(delivery.key) has no answer \(Life.patience.shown) after it was sent")
    }

    private func take(_ receipt: Receipt, of delivery: Delivery) {
        let (stream, key, events, machine) = (delivery.stream, delivery.key, delivery.events, delivery.machine)
        let place = receipt.sequence.map { " as \($0.range)" } ?? ""
        history.note(
            machine.name,
            "\(stream): \(key) is \(receipt.durability.rawValue)\(place)\(receipt.replayed ? ", a repeat" : "")")
        if let contradiction = record.acknowledge(delivery, told: loop.now, receipt) {
            violate("\(stream): \(contradiction)")
        }
        if delivery.isStrong, delivery.isCutOff {
            violate("\(stream): \(key) was acknowledged while the zone was cut off")
        }
        if !receipt.replayed, events.count > max(delivery.eventsMax, machine.eventsMax(of: stream)) {
            violate("\(stream): \(key) was taken, with more events than the settings allow")
        }
        if receipt.accepted != events.count { violate("\(key): \(receipt.accepted) of \(events.count) accepted") }
        if delivery.asked == .strong, receipt.durability != .landed {
            violate("\(key): asked to land it, and was told that it is \(receipt.durability)")
        }
        guard receipt.durability == .landed else { return expectLanding(of: delivery) }
        do throws(Violation) {
            if !(try holds(receipt.object, stream, machine)).isSuperset(of: events) {
                violate("\(key) is said to have landed, and is not in \(receipt.object ?? "any object")")
            }
        } catch { violate("\(error)") }
    }

    /// The events in the object; in all of the stream's when a crash cut the key log behind the keys, so that the name is
    /// forgotten, but not that they are there.
    private func holds(
        _ object: String?, _ stream: StreamName, _ machine: Machine
    ) throws(Violation) -> Set<String> {
        guard let object else { return try landedKeys(stream)[place(stream, machine.gatewayName)] ?? [] }
        guard bucket(of: stream).objects[object] != nil else {
            throw Violation("\(object) is said to hold a batch, and is not there")
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
                violate("\(stream): \(key) is refused only after \(wait.shown), while cut off")
            }
        }
        switch refusal {
        case .partitioned where delivery.wasNeverCutOff:
            violate("\(stream): \(key) is refused as cut off, and \(delivery.zone) is not")
        case .partitioned, .landingUnavailable, .landingPending:
            if delivery.asked == .available { violate("an available stream refused: \(refusal)") }
        case .journalFull:
            if plan.journalBudgetBytes == nil, plan.hasRoomyDisk { violate("\(refusal), and there is room") }
        case .journalFailed, .stopping: break
        case .tooManyEvents where delivery.events.count > min(delivery.eventsMax, machine.eventsMax(of: stream)): return
        default: violate("an unexpected refusal: \(refusal)")
        }
        if refusal.retryAfter == nil { violate("\(refusal) does not say when to come back") }
    }

    /// While nothing goes wrong, what is acknowledged lands within the roll time.
    private func expectLanding(of delivery: Delivery) {
        let (stream, machine) = (delivery.stream, delivery.machine)
        // What had waited until then has landed by now.
        let settled = Duration.seconds(120)
        guard let since = machine.undisturbed(delivery.zone), loop.now - since > settled else { return }
        // A request, its answer, and a retry of either.
        let rollTime = plan.segmentMaxAge + .seconds(5)
        loop.later(after: rollTime, tie: UInt64(summary.rollChecks)) { [self] in
            guard machine.undisturbed(delivery.zone) == since else { return }
            summary.rollChecks += 1
            if let missing = missing(delivery.events, in: landed[place(stream, machine.gatewayName)]) {
                violate("\(machine.name): \(missing) of \(stream) has not landed \(rollTime.shown) after its receipt")
            }
        }
    }
}
