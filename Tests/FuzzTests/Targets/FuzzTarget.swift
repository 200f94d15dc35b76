/// A place where bytes from outside come in, with what must hold there for any bytes at all.
struct FuzzTarget: Sendable, CustomStringConvertible {
    let name: String
    var description: String { name }
    /// Inputs are no longer than this.
    let maxBytes: Int
    private let body: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, maxBytes: Int, _ body: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.maxBytes = maxBytes
        self.body = body
    }

    /// Throws a ``Breach`` when what must hold does not.
    func run(_ input: [UInt8]) throws { try body(input) }

    static let all: [FuzzTarget] = [.edge, .payload, .json, .journal, .settings, .aws]
}
