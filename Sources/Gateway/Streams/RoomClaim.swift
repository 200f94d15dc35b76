/// How far a batch may go into the space that its stream leaves free on the journal's volume.
package enum RoomClaim: Int, Comparable, Sendable {
    /// As far as the stream goes.
    case ordinary
    /// Half of that stays free.
    case urgent
    /// To the last byte: it makes room, by letting a landed segment go or by an operator's order.
    case makesRoom

    package static func < (a: RoomClaim, b: RoomClaim) -> Bool { a.rawValue < b.rawValue }
}
