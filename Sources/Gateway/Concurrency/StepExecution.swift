/// Runs a gateway's work step by step instead of on threads of its own: for simulation, where a seed decides the order.
package protocol StepExecution: Sendable {
    /// Runs the step later, once. No two steps run at the same time.
    func later(_ step: @escaping @Sendable () -> Void)
    /// The same, not before the delay has passed on the injected clock.
    func later(after delay: Duration, _ step: @escaping @Sendable () -> Void)
    /// From 0 to 1.
    func jitter() -> Double
}
