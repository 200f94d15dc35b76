import Simulation

/// What lies between one gateway and the landing zone.
final class Link: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    /// What has begun and not ended, by the fault that brought it; the latest is what is felt.
    private var fronts: [(fault: Int, weather: Weather)] = []
    private let loop: StepLoop

    init(_ loop: StepLoop) { self.loop = loop }

    var weather: Weather { fronts.last?.weather ?? .fine }

    func begin(_ weather: Weather, of fault: Int) { fronts.append((fault, weather)) }

    func end(of fault: Int) { fronts.removeAll { $0.fault == fault } }

    /// Nothing goes wrong any more.
    func calm() { fronts = [] }

    var losesRequest: Bool {
        switch weather {
        case .cut, .deaf: true
        case .lossy: loop.chance(2)
        default: false
        }
    }

    var losesReply: Bool {
        switch weather {
        case .cut, .mute: true
        case .lossy: loop.chance(2)
        default: false
        }
    }

    /// One way.
    var delay: Duration { weather == .slow ? loop.duration(1...10) : loop.duration(0.001...0.1) }
}
