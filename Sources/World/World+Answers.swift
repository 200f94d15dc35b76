import Gateway
import Model

/// What producers are told, checked at once.
extension World {
    func take(
        _ receipt: Receipt, of key: String, _ events: [String], _ stream: StreamName, _ asked: Consistency,
        from region: Region, at time: Timestamp
    ) {
        let place = receipt.sequence.map { " as \($0.range)" } ?? ""
        history.note(
            region.name,
            "\(stream): \(key) is \(receipt.durability.rawValue)\(place)\(receipt.replayed ? ", a repeat" : "")")
        let contradiction = record.acknowledge(key, events, in: stream, by: region.gatewayName, at: time, receipt)
        if let contradiction { violate("\(stream): \(contradiction)") }
        checkBudget(of: region)
        if receipt.accepted != events.count { violate("\(key): \(receipt.accepted) of \(events.count) accepted") }
        if asked == .strong, receipt.durability != .landed {
            violate("\(key): asked to land it, and was told that it is \(receipt.durability)")
        }
        guard receipt.durability == .landed else { return }
        do throws(Violation) {
            if !(try holds(receipt.object, stream)).isSuperset(of: events) {
                violate("\(key) is said to have landed, and is not in \(receipt.object ?? "any object")")
            }
        } catch { violate("\(error)") }
    }

    /// The events in the object; in all of the stream's when a crash cut the key log behind the keys, so that the name is
    /// forgotten, but not that they are there.
    private func holds(_ object: String?, _ stream: StreamName) throws(Violation) -> Set<String> {
        guard let object else { return Set(try landedKeys(stream)) }
        guard bucket.objects[object] != nil else {
            throw Violation("\(object) is said to hold a batch, and is not there")
        }
        return Set(try keys(of: object))
    }

    func take(
        _ refusal: Refusal, of key: String, _ stream: StreamName, _ asked: Consistency, isTooLarge: Bool,
        from region: Region
    ) {
        let word = "\(refusal)".prefix { $0 != "(" }.description
        record.refuse(word)
        history.note(region.name, "\(stream): \(key) is refused: \(word)")
        switch refusal {
        case .partitioned, .landingUnavailable, .landingPending:
            if asked == .available { violate("an available stream refused: \(refusal)") }
        case .journalFull, .journalFailed, .stopping: break
        case .tooManyEvents where isTooLarge: return
        default: violate("an unexpected refusal: \(refusal)")
        }
        if refusal.retryAfter == nil { violate("\(refusal) does not say when to come back") }
    }
}
