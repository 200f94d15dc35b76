package import Model

/// What the control plane asks of the gateway: values to show, and a few orders. Any thread; the control plane decides
/// nothing itself.
package protocol ControlPlaneIntake: Sendable {
    func status() -> GatewayStatus
    func readiness() -> Readiness
    /// What is in the journal and has not landed, oldest first per stream; at most `limit`.
    func segments(of stream: StreamName?, limit: Int) -> [SegmentStatus]
    /// What became of a batch. The completion is called once, on any thread.
    func fate(
        of batchKey: String, producer: String, in stream: StreamName,
        completion: @escaping @Sendable (BatchFate) -> Void)
    /// The last lines of `_trail`, oldest first.
    func recentTrail() -> [String]
    /// Writes an entry of the trail. The completion says whether it is durable.
    func record(_ entry: TrailEntry, completion: @escaping @Sendable (WriteFailure?) -> Void)
    /// Orders a landing zone into a mode. The caller has written the order into the trail.
    func steer(
        _ zone: ZoneName, to mode: PartitionControl.Override, by actor: TrailActor, reason: String,
        completion: @escaping @Sendable (Result<ZoneStanding, SteeringRefusal>) -> Void)
}
