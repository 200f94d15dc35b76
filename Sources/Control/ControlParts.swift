package import Access
package import Gateway
package import Telemetry

/// What the control plane works on.
package struct ControlParts: Sendable {
    package var gateway: any ControlPlaneIntake
    package var access: any AccessKeeper
    package var telemetry: Telemetry
    package var logins: LoginWatch
    /// Reads the settings again, and puts in force what can be; a faulty file changes nothing.
    package var reload: @Sendable () async -> Result<ReloadDocument, ReloadRefusal>

    package init(
        gateway: any ControlPlaneIntake, access: any AccessKeeper, telemetry: Telemetry, logins: LoginWatch,
        reload: @escaping @Sendable () async -> Result<ReloadDocument, ReloadRefusal>
    ) {
        self.gateway = gateway
        self.access = access
        self.telemetry = telemetry
        self.logins = logins
        self.reload = reload
    }
}

/// Why the settings were not reloaded: every fault, with its place.
package struct ReloadRefusal: Error, Sendable {
    package var faults: [String]
    package init(faults: [String]) { self.faults = faults }
}
