/// Why the control plane could not start.
package struct ControlError: Error, CustomStringConvertible {
    package let address: String
    package let reason: String

    package var description: String { "the control plane cannot listen on \(address): \(reason)" }
}
