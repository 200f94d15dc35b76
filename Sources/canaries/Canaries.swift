#if SLUICE_CANARIES
    import Foundation
    import Model
    import World

    /// Proves that the simulated worlds notice each bug that this build can put in: `canaries [--seeds N] [--sound N] [NAME...]`.
    /// Exit status: 0 each was caught and every promise held without any of them; 1 otherwise.
    @main
    struct Canaries {
        /// Each must be caught in one of so many worlds.
        private var seeds: UInt64 = 500
        /// Worlds without a bug that are run first.
        private var sound: UInt64 = 50
        private let hours = 0.5
        private var chosen = Canary.allCases

        static func main() async {
            var canaries = Canaries()
            guard canaries.read(CommandLine.arguments.dropFirst()) else {
                print("canaries [--seeds N] [--sound N] [NAME...]; the names:", Canary.allCases.map(\.rawValue))
                exit(2)
            }
            exit(await canaries.run() ? 0 : 1)
        }

        private mutating func read(_ arguments: ArraySlice<String>) -> Bool {
            var names: [Canary] = []
            var rest = arguments
            while let word = rest.popFirst() {
                if word == "--seeds" || word == "--sound" {
                    guard let number = rest.popFirst().flatMap(UInt64.init), number > 0 else { return false }
                    if word == "--seeds" { seeds = number } else { sound = number }
                } else if let canary = Canary(rawValue: word) {
                    names.append(canary)
                } else {
                    return false
                }
            }
            if !names.isEmpty { chosen = names }
            return true
        }

        private func run() async -> Bool {
            var failures = 0
            for seed in 1...sound {
                guard let violation = await violation(seed) else { continue }
                print("seed \(seed), without a canary: \(violation)")
                failures += 1
            }
            print("\(sound) worlds without a canary, \(failures) in which a promise did not hold")
            for canary in chosen {
                Canary.chosen = canary
                var caught: String?
                for seed in 1...seeds where caught == nil {
                    caught = await violation(seed).map { "caught by seed \(seed): \($0)" }
                    guard caught != nil else { continue }
                    // Nothing else may be wrong in that world.
                    Canary.chosen = nil
                    if let violation = await violation(seed) {
                        print("seed \(seed), without a canary: \(violation)")
                        failures += 1
                    }
                }
                if caught == nil { failures += 1 }
                print("\(canary.rawValue): \(caught ?? "NOT CAUGHT in \(seeds) worlds of \(hours) hours")")
            }
            return failures == 0
        }

        private func violation(_ seed: UInt64) async -> Violation? {
            await Outcome.of(Trial(seed: seed, hours: hours)).violation
        }
    }
#endif
