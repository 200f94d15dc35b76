import Gateway
import Simulation

/// What kind of world a seed makes, and what goes wrong in it.
struct Plan {
    var duration: Duration
    var regions: Int
    var hasDiskFaults: Bool
    var hasClockJumps: Bool
    var hasRot: Bool
    var journalBudgetBytes: Int64?
    var diskBytes: Int64
    var drainOrder: LandingSchedule.DrainOrder
    var segmentMaxAge: Duration
    var positionInterval: Duration
    /// Between a producer's batches.
    var pauseSecondsMax: Double
    /// Between one region's faults.
    private let quietSecondsMax: Double
    private(set) var faults: [Fault] = []

    init(_ random: inout SeededGenerator, hours: Double) {
        let seconds = hours * 3600
        duration = .seconds(seconds)
        regions = Int.random(in: 1...3, using: &random)
        hasDiskFaults = Int.random(in: 0..<3, using: &random) == 0
        hasClockJumps = Int.random(in: 0..<4, using: &random) == 0
        hasRot = Int.random(in: 0..<4, using: &random) == 0
        journalBudgetBytes =
            Int.random(in: 0..<3, using: &random) == 0 ? Int64.random(in: 6_000...60_000, using: &random) : nil
        // Small, but with room for what must be remembered for a day: a disk that is too small for its keys is full for ever.
        diskBytes =
            Int.random(in: 0..<4, using: &random) == 0
            ? Int64(max(1, hours).rounded(.up)) * Int64.random(in: 300_000...1_000_000, using: &random) : 1 << 30
        drainOrder = Bool.random(using: &random) ? .oldest : .newest
        segmentMaxAge = .seconds([5, 10, 30].randomElement(using: &random)!)
        positionInterval = .seconds([5, 30].randomElement(using: &random)!)
        pauseSecondsMax = Double.random(in: 10...max(20, min(600, seconds / 6)), using: &random)
        quietSecondsMax = Double.random(in: min(300, seconds / 24)...max(20, min(3600, seconds / 4)), using: &random)
        for region in 0..<regions { addFaults(on: region, &random) }
        faults.sort { ($0.at, $0.region, $0.seed) < ($1.at, $1.region, $1.seed) }
        for index in faults.indices { faults[index].index = index }
    }

    private mutating func addFaults(on region: Int, _ random: inout SeededGenerator) {
        var at = Duration.zero
        while true {
            at += random.spread(min(1, quietSecondsMax / 2)...quietSecondsMax)
            guard at < duration else { return }
            let kind = kind(&random)
            let longest = if case .diskFaults = kind { 60.0 } else { 7200.0 }
            faults.append(
                Fault(
                    index: 0, at: at, region: region, kind: kind,
                    lasts: random.spread(1...max(2, min(longest, duration / .seconds(1)))), seed: random.next()))
        }
    }

    private func kind(_ random: inout SeededGenerator) -> Fault.Kind {
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<5: return .weather(Weather.allCases.randomElement(using: &random)!)
        case 5, 6: return .death(powerCut: Bool.random(using: &random))
        case 7, 8:
            return .deathInside(
                operations: Int.random(in: 0..<60, using: &random), powerCut: Bool.random(using: &random))
        case 9 where hasDiskFaults: return .diskFaults(oneIn: Int.random(in: 20...200, using: &random))
        case 10 where hasClockJumps: return .clockJump(seconds: Int.random(in: -3600...3600, using: &random))
        case 11 where hasRot:
            // A disk that fails as well may spoil the rewriting of what it could not sync: that segment waits for a start.
            return .rot(whileRunning: !hasDiskFaults && Bool.random(using: &random))
        case 12: return .reload
        default: return .override(PartitionControl.Override.allCases.randomElement(using: &random)!)
        }
    }
}
