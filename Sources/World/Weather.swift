/// What a link to the landing zone does to the messages on it.
package enum Weather: String, CaseIterable, Sendable {
    case fine
    /// Nothing passes.
    case cut
    /// Requests are lost.
    case deaf
    /// Requests arrive, replies are lost.
    case mute
    /// Every other message is lost.
    case lossy
    /// Every message takes seconds.
    case slow
    /// Requests arrive a second time up to a minute later, or only then: when whoever sent them has given them up, or is dead.
    case straying
    /// The zone answers 500: before it stored anything, or after.
    case failing
    /// The zone asks for less.
    case throttling
    /// The zone refuses the credentials.
    case denying
    /// Another create of the same name always seems to be under way.
    case conflicting
}
