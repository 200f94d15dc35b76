import ArgumentParser
import Audit
import Model

extension GatewayLife: ExpressibleByArgument {
    public init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let gateway = GatewayName(parts[0]), let incarnation = Incarnation(parts[1]) else {
            return nil
        }
        self.init(gateway, incarnation)
    }
}
