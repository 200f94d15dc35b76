import Files
import Simulation
import Synchronization
import SystemPackage

/// Fails one operation of a disk in so many, by seed.
final class DiskFaults: Sendable {
    private let random: Mutex<SeededGenerator>
    private let oneIn: Int

    init(seed: UInt64, oneIn: Int) {
        random = Mutex(SeededGenerator(seed: seed))
        self.oneIn = oneIn
    }

    func failure(of operation: DiskOperation) -> Errno? {
        random.withLock { random in
            guard Int.random(in: 0..<oneIn, using: &random) == 0 else { return nil }
            switch operation {
            case .write, .reserve, .open(_, .create), .rename:
                return Int.random(in: 0..<3, using: &random) == 0 ? .noSpace : .ioError
            default: return .ioError
            }
        }
    }
}
