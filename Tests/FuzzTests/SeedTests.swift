import Foundation
import Testing

/// What `make fuzz` begins with, and what it found, through the same targets without libFuzzer.
@Suite struct SeedTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// Seeds are made by hand; what is in `Found` broke something once, and is kept in its shortest form.
    private static func inputs(_ target: FuzzTarget) throws -> [URL] {
        try ["Seeds", "Found"].flatMap { kind -> [URL] in
            let place = folder.appendingPathComponent(kind).appendingPathComponent(target.name)
            guard FileManager.default.fileExists(atPath: place.path) else { return [] }
            return try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
        }.sorted { $0.path < $1.path }
    }

    @Test("what must hold for any bytes holds for the seeds and for all that was found", arguments: FuzzTarget.all)
    func seeds(_ target: FuzzTarget) throws {
        let inputs = try Self.inputs(target)
        #expect(inputs.count > 3, "\(target.name) has seeds")
        for input in inputs {
            #expect(throws: Never.self, "\(input.lastPathComponent)") { try target.run(Array(Data(contentsOf: input))) }
        }
    }
}
