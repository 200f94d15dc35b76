package import Model

/// The streams that a producer may send to.
package enum StreamGrant: Sendable, Equatable {
    /// Every stream, also those that come later. Written `*`.
    case all
    case only(Set<StreamName>)

    package func allows(_ stream: StreamName) -> Bool {
        switch self {
        case .all: true
        case .only(let names): names.contains(stream)
        }
    }

    /// As lists show it, sorted.
    package var names: [String] {
        switch self {
        case .all: ["*"]
        case .only(let names): names.sorted().map(\.rawValue)
        }
    }

    /// Reads a list of names, or `*` alone; `nil` when it is empty, names an internal stream or is no list of names.
    package init?(_ names: [String]) {
        if names == ["*"] {
            self = .all
            return
        }
        let streams = names.compactMap { StreamName($0) }
        guard !streams.isEmpty, streams.count == names.count, !streams.contains(where: \.isInternal) else { return nil }
        self = .only(Set(streams))
    }
}
