import Gateway
import Simulation

/// What kind of world a seed makes.
struct Plan {
    var duration: Duration
    var regions: Int
    var hasDiskFaults: Bool
    var hasClockJumps: Bool
    var journalBudgetBytes: Int64?
    var diskBytes: Int64
    var drainOrder: LandingSchedule.DrainOrder
    /// Between a producer's batches.
    var pauseSecondsMax: Double
    /// Between one region's faults.
    var quietSecondsMax: Double

    init(_ random: inout SeededGenerator, hours: Double) {
        duration = .seconds(hours * 3600)
        regions = Int.random(in: 1...3, using: &random)
        hasDiskFaults = Int.random(in: 0..<3, using: &random) == 0
        hasClockJumps = Int.random(in: 0..<4, using: &random) == 0
        journalBudgetBytes =
            Int.random(in: 0..<3, using: &random) == 0 ? Int64.random(in: 20_000...200_000, using: &random) : nil
        diskBytes =
            Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 300_000...1_000_000, using: &random) : 1 << 30
        drainOrder = Bool.random(using: &random) ? .oldest : .newest
        pauseSecondsMax = Double.random(in: 20...600, using: &random)
        quietSecondsMax = Double.random(in: 300...3600, using: &random)
    }
}
