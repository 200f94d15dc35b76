import Gateway
import Model
import Simulation

/// Sends batches of one stream, one at a time, to a gateway of its region; repeats each with the same key until it has a
/// receipt, and now and then one that it has a receipt for. Once in a while it turns to another gateway: of its region, or, with
/// a strong stream's batch, of any; and the network delivers a request twice.
final class Producer: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    private struct Batch {
        var offer: Offer
        /// Where it is sent.
        var machine: Machine
    }

    let stream: StreamName
    private let isStrong: Bool
    private let name: String
    /// The gateways of its region.
    private let home: [Machine]
    private unowned let world: World
    private let strand: Strand
    private var pending: Batch?
    /// Of the last, for repeating.
    private var taken: [Batch] = []
    private var number = 0
    private var attempt = 0
    /// No new batches; what is in doubt is still asked for.
    var isClosing = false

    /// Why it has no receipt yet.
    private(set) var lastRefusal = ""

    var isSettled: Bool { pending == nil }

    init(
        _ stream: StreamName, isStrong: Bool, home: [Machine], _ name: String, _ world: World, _ strand: Strand
    ) {
        self.stream = stream
        self.isStrong = isStrong
        self.home = home
        self.name = name
        self.world = world
        self.strand = strand
    }

    func start() { strand.later(after: strand.duration(0...5)) { [self] in next() } }

    private func next() {
        if isClosing { return }
        if strand.chance(5), let old = taken.randomElement(using: &strand.random) {
            world.noteRepeat()
            pending = old
            return send()
        }
        if world.plan.contradicts, strand.chance(10), let old = taken.randomElement(using: &strand.random) {
            contradict(old)
        }
        let offer = Offer("\(name)-\(number)", lines())
        number += 1
        pending = Batch(offer: offer, machine: home.randomElement(using: &strand.random)!)
        world.record.offer(offer, to: stream)
        send()
    }

    private func lines() -> [Offer.Line] {
        let count = Int.random(in: 1...3, using: &strand.random)
        guard let oneIn = world.plan.oneFaultyIn, strand.chance(oneIn) else {
            return Array(repeating: .sound, count: count)
        }
        let lines = (0..<count).map { _ in
            [Offer.Line.sound, .broken, .twofold].randomElement(using: &strand.random)!
        }
        // What a block without events was about nobody could say once it has rotted.
        return world.plan.hasRot ? [.sound] + lines : lines
    }

    private func send() {
        guard let pending else { return }
        attempt += 1
        let now = attempt
        let machine =
            isStrong && strand.chance(4) ? world.machines.randomElement(using: &strand.random)! : pending.machine
        // No answer at all, as when the gateway dies: asked again.
        strand.later(after: .seconds(40)) { [self] in if attempt == now { again(after: .zero, now) } }
        // On an available stream it may ask to hear only once the batch has landed.
        let asked: Consistency = isStrong || strand.chance(10) ? .strong : .available
        if strand.chance(20) {
            strand.later(after: strand.spread(0.001...30)) { [self] in deliverAgain(pending, asked, to: machine) }
        }
        guard let life = machine.life else {
            lastRefusal = "connection refused"
            world.record.refuse(lastRefusal)
            return again(after: strand.duration(0.5...5), now)
        }
        deliver(pending, asked, to: machine, life) { [self] outcome in
            // The answer to an attempt that was given up is true all the same, and comes again.
            guard attempt == now, self.pending != nil else { return }
            switch outcome {
            // Nobody would send that again.
            case .refused(.invalidEvents): break
            case .refused(let refusal):
                lastRefusal = "\(refusal)"
                return again(after: refusal.retryAfter ?? .seconds(60), now)
            case .receipt:
                if !taken.contains(where: { $0.offer.key == pending.offer.key }) { taken.append(pending) }
                if taken.count > 8 { taken.removeFirst() }
            }
            self.pending = nil
            attempt += 1
            strand.later(after: strand.spread(0.5...world.plan.pauseSecondsMax)) { [self] in next() }
        }
    }

    /// A fault of the producer's: another body under a key that it has a receipt for.
    private func contradict(_ batch: Batch) {
        let machine = isStrong ? world.machines.randomElement(using: &strand.random)! : batch.machine
        guard let life = machine.life else { return }
        let (world, key) = (world, batch.offer.key)
        world.history.note(machine.name, "\(stream): \(key) is sent with another body")
        life.submit("{\"id\":\"\(key)-other\"}\n", key: key, stream: stream, isStrong ? .strong : .available) {
            world.take($0, ofOtherBodyUnder: key)
        }
    }

    /// The network had kept a copy of the request; nobody waits for its answer.
    private func deliverAgain(_ batch: Batch, _ asked: Consistency, to machine: Machine) {
        guard !isClosing, let life = machine.life else { return }
        world.noteDuplicate()
        deliver(batch, asked, to: machine, life) { _ in }
    }

    private func deliver(
        _ batch: Batch, _ asked: Consistency, to machine: Machine, _ life: Life,
        then: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        let delivery = Delivery(batch.offer, of: stream, asked, to: machine, life, world)
        world.record.send(delivery, window: world.plan.idempotencyWindow)
        world.history.note(
            machine.name, "\(stream): \(batch.offer.key) is sent\(asked == .strong && !isStrong ? ", to land" : "")")
        strand.later(after: Life.patience + .seconds(1)) { [self] in world.checkAnswered(delivery) }
        life.submit(batch.offer.text, key: batch.offer.key, stream: stream, asked) { [self] outcome in
            world.take(outcome, of: delivery)
            then(outcome)
        }
    }

    private func again(after delay: Duration, _ now: Int) {
        strand.later(after: min(delay, .seconds(60))) { [self] in
            guard attempt == now, pending != nil else { return }
            // As a load balancer does once the first has not answered.
            if strand.chance(8) { pending!.machine = home.randomElement(using: &strand.random)! }
            send()
        }
    }
}
