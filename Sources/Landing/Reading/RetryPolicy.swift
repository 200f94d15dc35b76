/// How often a read is tried, and how long the pauses are: doubled each time and jittered, or what the store asks for.
package struct RetryPolicy: Sendable {
    /// The default is 8 tries: about a minute.
    package var tries = 8
    package var pauseMin = Duration.milliseconds(200)
    package var pauseMax = Duration.seconds(20)

    package init() {}

    /// Does it until it succeeds, fails for good, or has been tried often enough.
    package func run<Value: Sendable>(
        _ work: () async -> Result<Value, StoreFailure>
    ) async throws(StoreFailure) -> Value {
        var tried = 0
        while true {
            let result = await work()
            tried += 1
            guard case .failure(let failure) = result, failure.isPassing, tried < tries else { return try result.get() }
            let doubled = min(pauseMin * (1 << min(tried - 1, 20)), pauseMax)
            let pause = max(doubled * Double.random(in: 0.5...1), failure.retryAfter ?? .zero)
            // A cancelled sleep is over early; the next try then fails or succeeds as it may.
            try? await Task.sleep(for: pause)
        }
    }
}

extension StoreFailure {
    /// Whether another try may fare better.
    package var isPassing: Bool {
        switch kind {
        case .unreachable, .throttled, .broken: true
        case .denied, .misconfigured, .outOfSpace, .corrupt: false
        }
    }
}
