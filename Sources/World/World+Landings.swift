import Gateway
import Model

/// What lands, checked at once.
extension World {
    func noteLanding(of object: String, in zone: ZoneName) {
        if object.hasPrefix("\(StreamName.quarantine)/") { return noteQuarantine(object, in: zone) }
        guard let stream = streams.first(where: { object.hasPrefix("\($0.name)/") }) else { return }
        if stream.zone != zone {
            violate(.rightZone, "\(object) lands in \(zone), and its stream belongs in \(stream.zone)")
        }
        do throws(Violation) {
            let place = place(of: object, stream.name)
            history.note("\(zone)", "has \(object)")
            var next = Standing(ofFirstIn: object)
            for event in try buckets[zone]!.events(of: object) {
                let key = event.key
                if !landed[place, default: []].insert(key).inserted, !record.isExcused([key]) {
                    violate(.once, "\(stream.name): \(key) lands twice, now in \(object)")
                }
                if record.isHopeless(key, at: place) {
                    violate(
                        .keptNowhere,
                        "\(stream.name): \(key) lands, and every request with it was told that nothing is kept")
                }
                if let (offer, index) = record.offered[stream.name]?[key], !offer.matches(event.line, index) {
                    violate(
                        .unchanged, "\(stream.name): \(key) lands as \(String(decoding: event.line, as: UTF8.self))")
                }
                standing[place, default: [:]][key] = next
                next?.sequence += 1
            }
        } catch { violate(error) }
    }

    private func noteQuarantine(_ object: String, in zone: ZoneName) {
        if zone != plan.ownZone { violate(.rightZone, "\(object) lands in \(zone), not in \(plan.ownZone)") }
        do throws(Violation) {
            for event in try buckets[zone]!.events(of: object) {
                guard let refused = RefusedEvent(event.line) else {
                    violate(.quarantined, "\(object) has the line \(String(decoding: event.line, as: UTF8.self))")
                    continue
                }
                guard let (offer, index) = record.offered[refused.stream]?["\(refused.key)-\(refused.index)"],
                    offer.refused(checks: true).contains(index), offer.payload(index) == refused.raw
                else {
                    violate(.quarantined, "\(refused.key): quarantined as \(refused.raw)")
                    continue
                }
                let place = Place(stream: refused.stream, gateway: Bucket.gateway(of: object))
                let isFirst = quarantined[place, default: [:]][refused.key, default: []].insert(index).inserted
                // Where the settings changed between two tries, others of its batch were refused, and it is with them again.
                if !isFirst, !record.isExcused(offer.events), !offer.lines.contains(.twofold) {
                    violate(.once, "\(StreamName.quarantine): \(refused.key)-\(index) lands twice, now in \(object)")
                }
            }
        } catch { violate(error) }
    }
}
