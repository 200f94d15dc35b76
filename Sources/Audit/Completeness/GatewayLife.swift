package import Model

/// One life of one gateway's process, over all its streams.
package struct GatewayLife: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var gateway: GatewayName
    package var incarnation: Incarnation

    package init(_ gateway: GatewayName, _ incarnation: Incarnation) {
        self.gateway = gateway
        self.incarnation = incarnation
    }

    package init(_ life: Life) { self.init(life.gateway, life.incarnation) }

    package static func < (a: GatewayLife, b: GatewayLife) -> Bool {
        (a.gateway.rawValue, a.incarnation.rawValue) < (b.gateway.rawValue, b.incarnation.rawValue)
    }

    package func life(_ stream: StreamName) -> Life {
        Life(gateway: gateway, incarnation: incarnation, stream: stream)
    }

    package var description: String { "\(gateway)/\(incarnation)" }
}
