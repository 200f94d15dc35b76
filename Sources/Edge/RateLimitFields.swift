import Access

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): structured lists with one item per limit.
enum RateLimitFields {
    static func headers(_ standing: [QuotaMeter.Standing]) -> [(name: StaticString, value: String)] {
        guard !standing.isEmpty else { return [] }
        let policy = standing.map {
            "\"\($0.policy.rawValue)\";q=\($0.quota);qu=\"\(unit($0.policy))\";w=\(Problem.wholeSeconds($0.window))"
        }
        let state = standing.map {
            "\"\($0.policy.rawValue)\";r=\($0.left);t=\($0.untilFull == .zero ? 0 : Problem.wholeSeconds($0.untilFull))"
        }
        return [
            (name: "RateLimit-Policy", value: policy.joined(separator: ", ")),
            (name: "RateLimit", value: state.joined(separator: ", ")),
        ]
    }

    /// The draft's own unit for bytes; it has none for events.
    private static func unit(_ policy: QuotaMeter.Policy) -> String {
        switch policy {
        case .events: "events"
        case .bytes: "content-bytes"
        }
    }
}
