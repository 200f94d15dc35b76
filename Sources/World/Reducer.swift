/// Finds a short history that breaks a promise, in one that does: leaves out faults and producers as long as what is left
/// still breaks the same one (delta debugging; Zeller and Hildebrandt 2002). Another that is broken on the way may be another
/// bug, and is not what was found.
package struct Reducer {
    private enum Part: Hashable {
        case fault(Int)
        case producer(Int)
    }

    /// The shortest found so far; it breaks the promise.
    package private(set) var trial: Trial
    package private(set) var violation: Violation
    /// Worlds run.
    package private(set) var runs = 0
    /// Faults and producers of the whole world.
    package let size: (faults: Int, producers: Int)
    private let runsMax: Int

    /// - Parameters:
    ///   - trial: breaks the promise that `violation` names.
    package init(_ trial: Trial, violation: Violation, runsMax: Int) {
        self.trial = trial
        self.violation = violation
        self.runsMax = runsMax
        size = World(trial).size
    }

    package mutating func reduce() async {
        var parts: [Part] =
            (trial.faults ?? Set(0..<size.faults)).sorted().map(Part.fault)
            + (trial.producers ?? Set(0..<size.producers)).sorted().map(Part.producer)
        var pieces = 2
        while parts.count > 1, runs < runsMax {
            let length = (parts.count + pieces - 1) / pieces
            var shorter: [Part]?
            for start in stride(from: 0, to: parts.count, by: length) where runs < runsMax {
                var rest = parts
                rest.removeSubrange(start..<min(start + length, parts.count))
                if await breaks(rest) {
                    shorter = rest
                    break
                }
            }
            if let shorter {
                parts = shorter
                pieces = max(2, pieces - 1)
            } else if length == 1 {
                return
            } else {
                pieces = min(parts.count, pieces * 2)
            }
        }
    }

    /// Whether a world of these parts breaks the promise too; then it is the shortest so far.
    private mutating func breaks(_ parts: [Part]) async -> Bool {
        var shorter = trial
        shorter.faults = []
        shorter.producers = []
        for part in parts {
            switch part {
            case .fault(let number): shorter.faults!.insert(number)
            case .producer(let number): shorter.producers!.insert(number)
            }
        }
        runs += 1
        guard let found = await Outcome.of(shorter).violation, found.promise == violation.promise else { return false }
        trial = shorter
        violation = found
        return true
    }
}
