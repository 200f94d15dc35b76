package import Model

/// One stream in one life of one gateway: the unit in which sequences count from 0.
package struct Life: Hashable, Sendable, CustomStringConvertible {
    package var gateway: GatewayName
    package var incarnation: Incarnation
    package var stream: StreamName

    package init(gateway: GatewayName, incarnation: Incarnation, stream: StreamName) {
        self.gateway = gateway
        self.incarnation = incarnation
        self.stream = stream
    }

    package var description: String { "\(stream) of \(gateway)/\(incarnation)" }
}
