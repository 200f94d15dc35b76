import Gateway
import Model

/// A request on its way to a gateway, and how things stood when it was sent.
final class Delivery: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    let stream: StreamName
    let isStrong: Bool
    let offer: Offer
    let asked: Consistency
    let machine: Machine
    let life: Life
    let zone: ZoneName
    let sent: MonotonicInstant
    let wasCutOff: Bool
    let eventsMax: Int
    let checksMembers: Bool
    /// Of the journals, where they have a budget.
    let use: Int64?
    /// Of the stream's segments, where it has a budget of its own.
    let held: Int64?
    var isAnswered = false

    init(
        _ offer: Offer, of stream: StreamName, _ asked: Consistency, to machine: Machine, _ life: Life, _ world: World
    ) {
        self.stream = stream
        self.offer = offer
        self.asked = asked
        self.machine = machine
        self.life = life
        isStrong = world.isStrong(stream)
        zone = world.plan.zone(of: stream)
        sent = world.loop.now
        wasCutOff = life.status(zone).state == .partitioned
        eventsMax = machine.eventsMax(of: stream)
        checksMembers = isStrong || machine.checksMembers(of: stream)
        use = world.use(of: machine)
        held = world.held(of: stream, on: machine)
    }

    var key: String { offer.key }

    /// And has been all the while.
    var isCutOff: Bool {
        wasCutOff && life.status(zone).state == .partitioned && (machine.modeChanged[zone].map { $0 < sent } ?? true)
    }

    /// At no moment since it was sent.
    var wasNeverCutOff: Bool {
        !wasCutOff && life.status(zone).state != .partitioned && (machine.lastCutOff[zone].map { $0 < sent } ?? true)
    }
}
