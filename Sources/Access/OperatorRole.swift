/// What an operator may do; each role may do what those before it may.
package enum OperatorRole: String, Sendable, CaseIterable, Comparable {
    /// Looks.
    case viewer
    /// Steers landing zones, reloads the settings, manages producers.
    case `operator`
    /// Manages operators.
    case admin

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
    package static func < (a: OperatorRole, b: OperatorRole) -> Bool { a.rank < b.rank }
}
