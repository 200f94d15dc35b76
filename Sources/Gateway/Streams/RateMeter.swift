import Model

/// Bytes per second over the last 10 to 20 seconds.
struct RateMeter: Sendable {
    private static let window: Duration = .seconds(10)
    private var began: MonotonicInstant?
    private var current: Int64 = 0
    private var previous: Int64 = 0

    mutating func add(_ bytes: Int64, now: MonotonicInstant) {
        turn(now)
        current += bytes
    }

    func bytesPerSecond(now: MonotonicInstant) -> Double {
        var copy = self
        copy.turn(now)
        guard let began = copy.began else { return 0 }
        let elapsed = (now - began) / .seconds(1)
        return Double(copy.previous + copy.current) / (elapsed + (copy.previous > 0 ? 10 : 1))
    }

    private mutating func turn(_ now: MonotonicInstant) {
        guard let began else {
            self.began = now
            return
        }
        let passed = now - began
        guard passed >= Self.window else { return }
        previous = passed < Self.window * 2 ? current : 0
        current = 0
        self.began = now
    }
}
