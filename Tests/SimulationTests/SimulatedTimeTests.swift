import Model
import Simulation
import Testing

@Suite struct SimulatedClocks {
    @Test("time moves when told to, and only the wall clock jumps")
    func advance() {
        let time = SimulatedTime(Timestamp(microseconds: 1_000_000))
        let start = time.monotonic()
        time.advance(by: .milliseconds(1500))
        #expect(time.now() == Timestamp(microseconds: 2_500_000))
        #expect(time.monotonic() - start == .milliseconds(1500))
        time.jumpWall(by: .seconds(-2))
        #expect(time.now() == Timestamp(microseconds: 500_000))
        #expect(time.monotonic() - start == .milliseconds(1500))
    }

    @Test("the generator gives SplitMix64's published numbers")
    func generator() {
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }
}
