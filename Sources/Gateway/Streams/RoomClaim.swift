/// How far a batch may go into the space that its stream leaves free on the journal's volume.
package enum RoomClaim: Sendable {
    /// As far as the stream goes.
    case ordinary
    /// Half of that stays free.
    case urgent
    /// To the last byte: it makes room, by letting a landed segment go or by an operator's order.
    case makesRoom

    /// Whether a batch of this claim may be written.
    func isMet<FS>(_ reserve: DiskReserve<FS>) -> Bool {
        switch self {
        case .ordinary: !reserve.isBreached
        case .urgent: !reserve.half.isBreached
        case .makesRoom: true
        }
    }
}
