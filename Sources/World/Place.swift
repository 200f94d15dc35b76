import Model

/// Where an event may be at most once: of an available stream with each gateway, of a strong one (`gateway` is `nil`) in all.
struct Place: Hashable {
    var stream: StreamName
    var gateway: GatewayName?
}
