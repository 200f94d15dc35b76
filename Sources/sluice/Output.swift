import Foundation
import Landing

/// Standard error as a text stream, for messages that are not the result.
struct StandardError: TextOutputStream {
    nonisolated(unsafe) static var shared = StandardError()  // SAFETY: stateless.
    mutating func write(_ string: String) { FileHandle.standardError.write(Data(string.utf8)) }
}

/// A result as `--json` prints it: sorted members, indented.
func prettyJSON(_ value: some Encodable) throws -> String { try json(value, .prettyPrinted) }

/// A result as one line, where a line follows for each of many: sorted members.
func compactJSON(_ value: some Encodable) throws -> String { try json(value, []) }

private func json(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// An error as a person reads it.
func sentence(_ error: any Error) -> String { (error as? StoreFailure)?.detail ?? "\(error)" }
