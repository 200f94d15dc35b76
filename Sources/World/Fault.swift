import Gateway
import Model

/// One thing that goes wrong in a simulated world, or that an operator does there. It carries its own randomness: what it does
/// does not depend on others, and up to it a world is the same without it.
struct Fault: Sendable {
    enum Kind: Sendable {
        /// Of the link to the landing zone, until it is fine again.
        case weather(Weather)
        case death(powerCut: Bool)
        /// The process dies inside the operation on the disk that comes after so many; or, when it is down, inside its next
        /// start.
        case deathInside(operations: Int, powerCut: Bool)
        /// One operation of the disk in so many fails.
        case diskFaults(oneIn: Int)
        case clockJump(seconds: Int)
        case override(PartitionControl.Override)
        /// The settings are read again.
        case reload
        /// A bit of the journal is another: when the machine is back after it has lost its power, or while the gateway runs.
        case rot(whileRunning: Bool)
    }

    /// Its place in the world's plan.
    var index: Int
    var at: Duration
    /// Which gateway's; weather is that of its region.
    var machine: Int
    /// The landing zone that weather and overrides are about.
    var zone: ZoneName
    var kind: Kind
    /// Where it ends by itself.
    var lasts: Duration
    var seed: UInt64

    /// Between other weathers; nothing goes wrong by it.
    var isLull: Bool { if case .weather(.fine) = kind { true } else { false } }
}

extension Fault: CustomStringConvertible {
    var description: String {
        switch kind {
        case .weather(let weather): "the link to \(zone) is \(weather.rawValue) for \(lasts.shown)"
        case .death(true): "the machine loses its power"
        case .death(false): "the process is killed"
        case .deathInside(let operations, let powerCut):
            "\(powerCut ? "the power goes" : "the process is killed") inside the disk's operation \(operations) from now"
        case .diskFaults(let oneIn): "one disk operation in \(oneIn) fails, for \(lasts.shown)"
        case .clockJump(let seconds): "the wall clock jumps by \(seconds) s"
        case .override(let override): "an operator sets \(zone) to \(override.rawValue)"
        case .reload: "the settings are read again"
        case .rot(false): "the machine loses its power, and a bit of its journal flips"
        case .rot(true): "a bit of the journal flips"
        }
    }

    /// For counting.
    var word: String {
        switch kind {
        case .weather(let weather): "link \(weather.rawValue)"
        case .death(true): "power cut"
        case .death(false): "kill"
        case .deathInside(_, true): "power cut inside an operation"
        case .deathInside(_, false): "kill inside an operation"
        case .diskFaults: "failing disk"
        case .clockJump: "clock jump"
        case .override(let override): "operator \(override.rawValue)"
        case .reload: "reload"
        case .rot(false): "bit rot"
        case .rot(true): "bit rot in a running gateway's journal"
        }
    }
}

extension Duration {
    /// Seconds with one digit behind the point.
    var shown: String {
        let tenths = (components.seconds * 10) + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
