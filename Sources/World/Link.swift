import Simulation

/// What lies between one gateway and the landing zone.
final class Link: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    var weather = Weather.fine
    private let loop: StepLoop

    init(_ loop: StepLoop) { self.loop = loop }

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
