import Model
import Testing

@testable import Audit

@Suite struct RepeatFinderTests {
    private func entry(_ number: UInt64, second: Int64) -> BatchEntry {
        BatchEntry(
            digest: BatchDigest(high: number, low: 7), fingerprint: PayloadFingerprint(rawValue: 1),
            receivedAt: Timestamp(microseconds: second * 1_000_000), accepted: 1)
    }

    private func hour(_ number: Int64) -> LandingHour { LandingHour(Timestamp(microseconds: number * 3_600_000_000)) }

    @Test("a batch that came twice within a day is found once, whatever stands between")
    func found() {
        var finder = RepeatFinder()
        finder.add([entry(1, second: 0), entry(2, second: 1)], of: 0, in: hour(0))
        finder.add([entry(3, second: 3600), entry(1, second: 3700)], of: 1, in: hour(1))
        finder.add([entry(1, second: 7300)], of: 2, in: hour(2))
        finder.settle()
        #expect(finder.repeats == [.init(object: 1, earlier: 0)])
    }

    @Test("a day later the key may be used again")
    func later() {
        var finder = RepeatFinder()
        finder.add([entry(1, second: 0)], of: 0, in: hour(0))
        finder.add([entry(1, second: 86_400)], of: 1, in: hour(24))
        finder.settle()
        #expect(finder.repeats.isEmpty)
        finder = RepeatFinder()
        finder.add([entry(1, second: 0)], of: 0, in: hour(0))
        finder.add([entry(1, second: 86_399)], of: 1, in: hour(23))
        finder.settle()
        #expect(finder.repeats.count == 1)
    }

    @Test("letting go of what is old loses no repeat within a day")
    func bounded() {
        var finder = RepeatFinder(most: 10)
        for number in 0..<240 {
            // One a hour, and each again 20 hours later.
            let batches = [entry(UInt64(number), second: Int64(number) * 3600)]
            let again = number < 20 ? [] : [entry(UInt64(number - 20), second: Int64(number) * 3600)]
            finder.add(batches + again, of: number, in: hour(Int64(number)))
        }
        finder.settle()
        #expect(Set(finder.repeats.map(\.object)) == Set(20..<240))
        #expect(finder.repeats.allSatisfy { $0.object - $0.earlier == 20 })
    }

    @Test("the same batch at two gateways is no repeat; another stream's neither")
    func gateways() {
        var batches = BatchRepeats()
        var found: [BatchRepeats.Repeat] = []
        for (stream, gateway) in [("a", "x"), ("a", "y"), ("a", "x"), ("b", "x")] {
            let life = Life(
                gateway: GatewayName(gateway)!, incarnation: Incarnation(rawValue: 1), stream: StreamName(stream)!)
            found += batches.add(
                [entry(1, second: 0)], of: SegmentName(life: life, hour: hour(0), first: UInt64(found.count), last: 9))
        }
        found += batches.settle()
        #expect(found.map { $0.object.life.description } == ["a of x/0000000000000001"])
    }
}
