import Gateway
import Model
import Simulation

/// What kind of world a seed makes, and what goes wrong in it.
struct Plan {
    var duration: Duration
    /// How many gateways each region has.
    var gateways: [Int]
    /// One, or a second one for some of the streams.
    var zones: [ZoneName]
    /// That of the streams in their order.
    private var zoneOfStream: [ZoneName]
    /// That of the gateways' own streams.
    var ownZone: ZoneName
    var hasDiskFaults: Bool
    var hasClockJumps: Bool
    var hasRot: Bool
    var journalBudgetBytes: Int64?
    var diskBytes: Int64
    /// Producers send other bodies under their keys, which must be noticed as long as nothing is forgotten.
    var contradicts: Bool {
        oneFaultyIn != nil && !hasRot && !hasClockJumps && idempotencyWindow == .seconds(86_400)
    }
    /// Only a budget makes a journal full.
    var hasRoomyDisk: Bool { diskBytes == 1 << 30 && !hasDiskFaults }
    var drainOrder: LandingSchedule.DrainOrder
    var drainBytesPerSecond: Int64?
    var segmentMaxAge: Duration
    var positionInterval: Duration
    /// How long available streams recognise a batch; a day, or so little that it ends within the world.
    var idempotencyWindow: Duration
    var segmentMaxBytes: Int64
    var keyLogBatches: Int
    /// How many producers each stream has in each region: more than one, and commits have several who wait for them.
    var producersPerStream: Int
    /// A batch in so many has events that must be, or may be, refused.
    var oneFaultyIn: Int?
    /// The budget of one of the available streams, of its own.
    var ownBudget: (stream: StreamName, bytes: Int64)?
    /// Between a producer's batches.
    var pauseSecondsMax: Double
    /// Between one gateway's faults.
    private let quietSecondsMax: Double
    private(set) var faults: [Fault] = []

    init(_ random: inout SeededGenerator, hours: Double) {
        let seconds = hours * 3600
        duration = .seconds(seconds)
        gateways = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.chance(3) ? 2 : 1 }
        let zones = random.chance(3) ? [.main, Plan.secondZone] : [ZoneName.main]
        self.zones = zones
        zoneOfStream = World.streams.map { _ in zones.randomElement(using: &random)! }
        ownZone = zones.randomElement(using: &random)!
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
        drainBytesPerSecond = [nil, 4_000, 40_000].randomElement(using: &random)!
        segmentMaxAge = .seconds([5, 10, 30].randomElement(using: &random)!)
        positionInterval = .seconds([5, 30].randomElement(using: &random)!)
        // By the wall clock: one that jumps ends a short window at once.
        idempotencyWindow = !hasClockJumps && random.chance(4) ? random.duration(60...600) : .seconds(86_400)
        segmentMaxBytes = random.chance(3) ? 2000 : 64 << 20
        keyLogBatches = random.chance(3) ? 5 : 100_000
        producersPerStream = random.chance(4) ? 3 : 1
        oneFaultyIn = random.chance(2) ? 8 : nil
        ownBudget =
            random.chance(4) ? (StreamName("metrics")!, Int64.random(in: 2_000...10_000, using: &random)) : nil
        pauseSecondsMax = Double.random(in: 10...max(20, min(600, seconds / 6)), using: &random)
        quietSecondsMax = Double.random(in: min(300, seconds / 24)...max(20, min(3600, seconds / 4)), using: &random)
        for machine in 0..<gateways.reduce(0, +) { addFaults(on: machine, &random) }
        faults.sort { ($0.at, $0.machine, $0.seed) < ($1.at, $1.machine, $1.seed) }
        for index in faults.indices { faults[index].index = index }
    }

    private mutating func addFaults(on machine: Int, _ random: inout SeededGenerator) {
        var at = Duration.zero
        while true {
            at += random.spread(min(1, quietSecondsMax / 2)...quietSecondsMax)
            guard at < duration else { return }
            let kind = kind(&random)
            let longest = if case .diskFaults = kind { 60.0 } else { 7200.0 }
            faults.append(
                Fault(
                    index: 0, at: at, machine: machine, zone: zones.randomElement(using: &random)!, kind: kind,
                    lasts: random.spread(1...max(2, min(longest, duration / .seconds(1)))), seed: random.next()))
        }
    }

    private func kind(_ random: inout SeededGenerator) -> Fault.Kind {
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<5: return .weather(weather(&random))
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

    private func weather(_ random: inout SeededGenerator) -> Weather {
        let weather = Weather.allCases.randomElement(using: &random)!
        // A segment that arrives once it has rotted and was taken apart is there twice: out of scope (docs/reliability.md).
        return weather == .straying && hasRot ? .lossy : weather
    }

    func zone(of stream: StreamName) -> ZoneName {
        World.streams.firstIndex { $0.name == stream }.map { zoneOfStream[$0] } ?? ownZone
    }

    private static let secondZone = ZoneName("archive")!
}
