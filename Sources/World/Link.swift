import Model

/// What lies between the gateways of one region and one landing zone.
final class Link: @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    /// What has begun and not ended, by the fault that brought it; the latest is what is felt.
    private var fronts: [(fault: Int, weather: Weather)] = []
    private let strand: Strand
    private let loop: StepLoop
    /// When the weather last changed.
    private(set) var changed: MonotonicInstant

    init(_ strand: Strand) {
        self.strand = strand
        loop = strand.loop
        changed = loop.now
    }

    var weather: Weather { fronts.last?.weather ?? .fine }

    func begin(_ weather: Weather, of fault: Int) {
        fronts.append((fault, weather))
        changed = loop.now
    }

    func end(of fault: Int) {
        fronts.removeAll { $0.fault == fault }
        changed = loop.now
    }

    /// Nothing goes wrong any more.
    func calm() {
        fronts = []
        changed = loop.now
    }

    var losesRequest: Bool {
        switch weather {
        case .cut, .deaf: true
        case .lossy: strand.chance(2)
        default: false
        }
    }

    var losesReply: Bool {
        switch weather {
        case .cut, .mute: true
        case .lossy: strand.chance(2)
        default: false
        }
    }

    /// A request that has arrived at its time, or not, arrives after this while, whatever has become of who sent it; `nil`: only
    /// at its time.
    var straysFor: Duration? { weather == .straying ? strand.spread(1...60) : nil }

    func chance(_ oneIn: Int) -> Bool { strand.chance(oneIn) }

    /// For steps that the sender's death does not stop.
    func later(after delay: Duration, _ step: @escaping @Sendable () -> Void) { strand.later(after: delay, step) }

    /// One way.
    var delay: Duration { weather == .slow ? strand.duration(1...10) : strand.duration(0.001...0.1) }
}
