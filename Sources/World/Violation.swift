/// Something that must always hold did not.
package struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
    package let promise: Promise
    /// What happened instead.
    package let detail: String

    package init(_ promise: Promise, _ detail: String) {
        self.promise = promise
        self.detail = detail
    }

    /// `once: audit: k-3 lands twice, now in …`.
    package var description: String { "\(promise.rawValue): \(detail)" }
}
