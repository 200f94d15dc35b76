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
            guard random.chance(oneIn) else { return nil }
            switch operation {
            case .write, .reserve, .open(_, .create), .rename:
                return [.ioError, .ioError, .noSpace, .diskQuotaExceeded, .readOnlyFileSystem]
                    .randomElement(using: &random)
            default: return .ioError
            }
        }
    }
}
