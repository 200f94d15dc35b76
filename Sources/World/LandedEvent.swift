import Audit
import Gateway
import Model

/// An event in a landing object.
struct LandedEvent {
    var key: String
    /// As it stands there.
    var line: ArraySlice<UInt8>
}

/// Where an event of an available stream stands, as its object's name says.
struct Standing: Hashable {
    var incarnation: Incarnation
    var sequence: UInt64
}

extension Standing {
    /// Of the object's first event; `nil` where its name has no sequences.
    init?(ofFirstIn object: String) {
        guard case .segment(let segment)? = LandedName(object) else { return nil }
        self.init(incarnation: segment.life.incarnation, sequence: segment.first)
    }
}
