/// One run of a world: its seed, how long it is, and what of its plan is carried out.
package struct Trial: Sendable, Equatable {
    package var seed: UInt64
    /// Of faults; calm follows until all has landed.
    package var hours: Double
    /// What is broken on purpose below the gateways. Default nothing.
    package var betrayal: Betrayal?
    /// The faults of the plan that happen, by number; `nil`, the default, for all.
    package var faults: Set<Int>?
    /// The producers that send, by number; `nil`, the default, for all.
    package var producers: Set<Int>?

    package init(seed: UInt64, hours: Double = 2, betrayal: Betrayal? = nil) {
        self.seed = seed
        self.hours = hours
        self.betrayal = betrayal
    }
}
