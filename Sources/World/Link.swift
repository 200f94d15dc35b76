import Simulation

/// What lies between one gateway and the landing zone.
final class Link: @unchecked Sendable {
    // SAFETY: a world runs on one thread.
    enum Weather: String, CaseIterable, Sendable {
        case fine
        /// Nothing passes.
        case cut
        /// Requests are lost.
        case deaf
        /// Requests arrive, replies are lost.
        case mute
        /// Every other message is lost.
        case lossy
        /// Every message takes seconds.
        case slow
        /// The zone answers 500: before it stored anything, or after.
        case failing
        /// The zone asks for less.
        case throttling
        /// The zone refuses the credentials.
        case denying
        /// Another create of the same name always seems to be under way.
        case conflicting
    }

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
