package import Model

/// What the door needs to know of a producer that has shown a valid key. One per producer and edition of the book, so
/// connections can keep it.
package final class ProducerPass: Sendable {
    package let name: PrincipalName
    package let streams: StreamGrant
    /// `nil`: no quota.
    package let meter: QuotaMeter?

    package init(name: PrincipalName, streams: StreamGrant, meter: QuotaMeter?) {
        self.name = name
        self.streams = streams
        self.meter = meter
    }

    /// Where nobody has to say who they are.
    package static let anonymous = ProducerPass(name: .anonymous, streams: .all, meter: nil)
}
