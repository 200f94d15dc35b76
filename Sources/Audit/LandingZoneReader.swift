package import Foundation

/// Reads a landing zone for checking it: the names of all objects, and the bytes of each.
package protocol LandingZoneReader {
    /// Every object's name, relative to the landing root.
    func names() throws -> [String]
    func bytes(of name: String) throws -> Data
}

/// A landing zone in a local directory. Names that begin with a dot (staging) are not objects.
package struct DirectoryZone: LandingZoneReader {
    private let root: URL

    package init(path: String) { root = URL(fileURLWithPath: path, isDirectory: true) }

    package func names() throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw AuditError(description: "\(root.path) is no directory; give the landing directory of the settings")
        }
        guard let walk = FileManager.default.enumerator(atPath: root.path) else { return [] }
        var names: [String] = []
        for case let name as String in walk where name.hasSuffix(".json.gz") && !name.hasPrefix(".") {
            names.append(name)
        }
        return names.sorted()
    }

    package func bytes(of name: String) throws -> Data {
        try Data(contentsOf: root.appendingPathComponent(name), options: .mappedIfSafe)
    }
}

/// Why a landing zone could not be checked at all.
package struct AuditError: Error, CustomStringConvertible {
    package var description: String
}
