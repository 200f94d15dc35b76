import Files
import Simulation
import SystemPackage
import Testing

/// The simulated disk is only worth testing on if it answers as Linux does.
@Suite struct FileSystemModel {
    @Test("Linux and the simulated disk give the same answers and the same errors", arguments: 0..<40)
    func sameAnswers(seed: Int) throws {
        let directory = try TemporaryDirectory()
        var real = Walk(LinuxFileSystem(), root: directory.path, seed: UInt64(seed))
        let simulated = SimulatedDisk().fileSystem
        try simulated.createDirectories("/root")
        var model = Walk(simulated, root: "/root", seed: UInt64(seed))

        let (expected, answers) = (real.run(steps: 400), model.run(steps: 400))
        for (index, (expected, answer)) in zip(expected, answers).enumerated() {
            try #require(answer == expected, "step \(index)")
        }
        #expect(expected.count == answers.count)
        #expect(expected.contains { $0.contains(": errno") })
        #expect(expected.contains { $0.contains(": open") })
    }
}
