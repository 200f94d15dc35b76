import Gateway
import Model

/// What lands, checked at once.
extension World {
    func noteLanding(of object: String, in zone: ZoneName) {
        if object.hasPrefix("\(StreamName.quarantine)/") { return noteQuarantine(object, in: zone) }
        guard let stream = streams.first(where: { object.hasPrefix("\($0.name)/") }) else { return }
        if stream.zone != zone { violate("\(object) lands in \(zone), and its stream belongs in \(stream.zone)") }
        do throws(Violation) {
            let place = place(of: object, stream.name)
            history.note("\(zone)", "has \(object)")
            var next = Standing(ofFirstIn: object)
            for event in try buckets[zone]!.events(of: object) {
                let key = event.key
                if !landed[place, default: []].insert(key).inserted, !record.isExcused([key]) {
                    violate("\(stream.name): \(key) lands twice, now in \(object)")
                }
                if record.isHopeless(key, at: place) {
                    violate("\(stream.name): \(key) lands, and every request with it was told that nothing is kept")
                }
                if let (offer, index) = record.offered[stream.name]?[key], !offer.matches(event.line, index) {
                    violate("\(stream.name): \(key) lands as \(String(decoding: event.line, as: UTF8.self))")
                }
                standing[place, default: [:]][key] = next
                next?.sequence += 1
            }
        } catch { violate("\(error)") }
    }

    private func noteQuarantine(_ object: String, in zone: ZoneName) {
        if zone != plan.ownZone { violate("\(object) lands in \(zone), not in \(plan.ownZone)") }
        do throws(Violation) {
            for event in try buckets[zone]!.events(of: object) {
                guard let refused = RefusedEvent(event.line) else {
                    violate("\(object) has the line \(String(decoding: event.line, as: UTF8.self))")
                    continue
                }
                guard let (offer, index) = record.offered[refused.stream]?["\(refused.key)-\(refused.index)"],
                    offer.refused(checks: true).contains(index), offer.payload(index) == refused.raw
                else {
                    violate("\(refused.key): quarantined as \(refused.raw)")
                    continue
                }
                let place = Place(stream: refused.stream, gateway: Bucket.gateway(of: object))
                quarantined[place, default: [:]][refused.key, default: []].insert(index)
            }
        } catch { violate("\(error)") }
    }
}
