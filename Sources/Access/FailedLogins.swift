package import Model

/// Gathers refused keys into few trail lines: the first of a window is told at once, what follows is counted and told
/// when the window ends. A pure state machine; so a flood of bad keys can't fill the journal with lines about itself.
package struct FailedLogins: Sendable {
    package struct Summary: Sendable, Equatable {
        /// `data` or `control`.
        package var plane: String
        package var count: Int
        /// Addresses they came from, at most ``mostAddresses``, sorted.
        package var addresses: [String]
        /// Addresses beyond those.
        package var furtherAddresses: Int
    }

    /// Addresses named in one summary.
    package static let mostAddresses = 10

    private struct Window {
        var ends: MonotonicInstant
        var count = 0
        var addresses: Set<String> = []
        var further = 0
    }

    private let length: Duration
    private var windows: [String: Window] = [:]

    /// `window`: default 60 s.
    package init(window: Duration = .seconds(60)) { length = window }

    /// Takes one refusal; returns what is to be told now.
    package mutating func refused(plane: String, address: String, now: MonotonicInstant) -> [Summary] {
        var told = due(now: now)
        guard var window = windows[plane] else {
            windows[plane] = Window(ends: now + length)
            told.append(Summary(plane: plane, count: 1, addresses: [address], furtherAddresses: 0))
            return told
        }
        window.count += 1
        if !window.addresses.contains(address) {
            if window.addresses.count < FailedLogins.mostAddresses {
                window.addresses.insert(address)
            } else {
                window.further += 1
            }
        }
        windows[plane] = window
        return told
    }

    /// What windows that have ended have gathered.
    package mutating func due(now: MonotonicInstant) -> [Summary] {
        var told: [Summary] = []
        for (plane, window) in windows.sorted(by: { $0.key < $1.key }) where window.ends <= now {
            windows[plane] = nil
            guard window.count > 0 else { continue }
            told.append(
                Summary(
                    plane: plane, count: window.count, addresses: window.addresses.sorted(),
                    furtherAddresses: window.further))
        }
        return told
    }
}
