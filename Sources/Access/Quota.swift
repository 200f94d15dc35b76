/// What a producer may send on average. `nil`: without limit.
package struct Quota: Sendable, Equatable {
    package var eventsPerSecond: Int?
    /// Bytes of bodies on the wire.
    package var bytesPerSecond: Int?

    package init(eventsPerSecond: Int? = nil, bytesPerSecond: Int? = nil) {
        self.eventsPerSecond = eventsPerSecond
        self.bytesPerSecond = bytesPerSecond
    }

    package static let unlimited = Quota()
    /// The largest rate that can be set.
    package static let most = 1_000_000_000_000
    package var isUnlimited: Bool { self == .unlimited }
}
