import Testing

@testable import Payload

@Suite struct SteadyPlaceTests {
    @Test("texts are compressed to the same bytes wherever in memory that is done")
    func same() {
        SteadyPlace.use()
        // Each begins in its own way, and soon again.
        let texts = (0..<30_000).map { number in
            Array(String(repeating: "\(number &* 2_654_435_761 % 100_000_007),", count: 3).utf8)
        }
        let deflaters = (0..<4).map { _ in LineDeflater() }
        func compress(_ text: [UInt8], _ deflater: LineDeflater) -> [UInt8] {
            deflater.begin(expected: text.count)
            text.withUnsafeBytes { deflater.add($0) }
            return deflater.finish()
        }
        let compressed = deflaters.map { deflater in texts.map { compress($0, deflater) } }
        #expect(compressed.dropFirst().allSatisfy { $0 == compressed[0] })
        // Nor does it matter what came before.
        #expect(texts.reversed().map { compress($0, deflaters[0]) } == compressed[0].reversed())
    }
}
