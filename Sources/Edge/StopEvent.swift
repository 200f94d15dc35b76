/// Sent through every connection's pipeline when the server stops.
struct StopEvent: Sendable {}
