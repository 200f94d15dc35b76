import Simulation
import SystemPackage

/// A promise that something below the gateways breaks on purpose, to prove that the reckoning notices.
package enum Betrayal: String, CaseIterable, Sendable {
    /// Now and then the landing zone says "created" and keeps nothing.
    case forgetsObjects
    /// The store takes a conflict (409) for proof that the object is there.
    case conflictAsSame
    /// The landing zone overwrites what is there.
    case overwrites
    /// Disks lose what operators said, as if nobody had synced it.
    case forgetsOverrides
    /// Disks lose where the chain of the trail is, as if nobody had synced it.
    case forgetsTrailHeads

    /// Whether the disk passes over that sync.
    func forgets(_ operation: DiskOperation) -> Bool {
        guard operation.isSync else { return false }
        let path = operation.path.string
        return switch self {
        case .forgetsOverrides: path.contains("/.zones")
        case .forgetsTrailHeads: path.contains("trail-head")
        default: false
        }
    }
}
