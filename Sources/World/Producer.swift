import Gateway
import Model
import Simulation

/// Sends batches of one stream, one at a time, to the gateway of its region; repeats each with the same key until it has
/// a receipt, and now and then one that it has a receipt for. A strong stream's producer may repeat it at another region's
/// gateway.
final class Producer: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    private struct Batch {
        var key: String
        var events: [String]
        var text: String
    }

    let stream: StreamName
    private let isStrong: Bool
    private let name: String
    private let home: Region
    private unowned let world: World
    private let loop: StepLoop
    private var random: SeededGenerator
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

    init(_ stream: StreamName, isStrong: Bool, home: Region, _ world: World, _ loop: StepLoop) {
        self.stream = stream
        self.isStrong = isStrong
        self.home = home
        self.world = world
        self.loop = loop
        random = SeededGenerator(seed: loop.random.next())
        name = "\(home.name)-\(stream)"
    }

    func start(isLeftOut: Bool) {
        loop.later(after: random.duration(0...5)) { [self] in if !isLeftOut { next() } }
    }

    private func next() {
        if isClosing { return }
        if random.chance(5), let old = taken.randomElement(using: &random) {
            world.noteRepeat()
            pending = old
            return send()
        }
        let key = "\(name)-\(number)"
        number += 1
        let events = (0..<Int.random(in: 1...3, using: &random)).map { "\(key)-\($0)" }
        let text = events.map { "{\"id\":\"\($0)\"}\n" }.joined()
        pending = Batch(key: key, events: events, text: text)
        world.record.offer(events, to: stream)
        send()
    }

    private func send() {
        guard let pending else { return }
        attempt += 1
        let now = attempt
        let region = isStrong && random.chance(4) ? world.anyRegion(&random) : home
        // No answer at all, as when the gateway dies: asked again.
        loop.later(after: .seconds(40)) { [self] in if attempt == now, self.pending != nil { send() } }
        guard let life = region.life else {
            lastRefusal = "connection refused"
            world.record.refuse(lastRefusal)
            return again(after: random.duration(0.5...5), now)
        }
        // On an available stream it may ask to hear only once the batch has landed.
        let asked: Consistency = isStrong || random.chance(10) ? .strong : .available
        let wasCutOff = isStrong && life.isPartitioned
        let eventsMax = region.eventsMax(of: stream)
        life.submit(pending.text, key: pending.key, stream: stream, asked) { [self] outcome in
            // The answer to an attempt that was given up is true all the same, and comes again.
            guard attempt == now, let pending = self.pending else { return }
            switch outcome {
            case .receipt(let receipt):
                if wasCutOff, life.isPartitioned {
                    world.violate("\(stream): \(pending.key) was acknowledged while the zone was cut off")
                }
                if !receipt.replayed, pending.events.count > max(eventsMax, region.eventsMax(of: stream)) {
                    world.violate("\(stream): \(pending.key) was taken, with more events than the settings allow")
                }
                world.take(
                    receipt, of: pending.key, pending.events, stream, asked, from: region, at: life.clock.now())
                self.pending = nil
                attempt += 1
                if !taken.contains(where: { $0.key == pending.key }) { taken.append(pending) }
                if taken.count > 8 { taken.removeFirst() }
                loop.later(after: random.spread(0.5...world.plan.pauseSecondsMax)) { [self] in next() }
            case .refused(let refusal):
                lastRefusal = "\(refusal)"
                let isTooLarge = pending.events.count > min(eventsMax, region.eventsMax(of: stream))
                world.take(refusal, of: pending.key, stream, asked, isTooLarge: isTooLarge, from: region)
                again(after: refusal.retryAfter ?? .seconds(60), now)
            }
        }
    }

    private func again(after delay: Duration, _ now: Int) {
        loop.later(after: min(delay, .seconds(60))) { [self] in if attempt == now { send() } }
    }
}
