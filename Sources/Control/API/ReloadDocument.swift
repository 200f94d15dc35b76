/// What a reload of the settings did.
package struct ReloadDocument: Codable, Sendable {
    /// Keys that are in force with their new values now.
    package var applied: [String]
    /// Keys that differ in the file, and are in force from the next start on.
    package var needs_restart: [String]

    package init(applied: [String], needsRestart: [String]) {
        self.applied = applied
        needs_restart = needsRestart
    }
}
