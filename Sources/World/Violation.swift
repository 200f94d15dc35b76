/// Something that must always hold did not.
package struct Violation: Error, CustomStringConvertible, Sendable {
    package let description: String
    init(_ description: String) { self.description = description }
}
