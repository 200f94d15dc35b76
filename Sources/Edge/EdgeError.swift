/// Why the data plane could not start.
package struct EdgeError: Error, CustomStringConvertible {
    /// The address that was asked for.
    package let address: String
    /// What the system said; a port in use and a missing right are the usual ones. A retry helps once that is mended.
    package let reason: String

    package var description: String { "cannot listen on \(address): \(reason)" }
}
