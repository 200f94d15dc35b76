/// A promise that something below the gateways breaks on purpose, to prove that the reckoning notices.
package enum Betrayal: String, CaseIterable, Sendable {
    /// Now and then the landing zone says "created" and keeps nothing.
    case forgetsObjects
    /// The store takes a conflict (409) for proof that the object is there.
    case conflictAsSame
    /// The landing zone overwrites what is there.
    case overwrites
}
