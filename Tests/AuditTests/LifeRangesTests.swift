import Model
import Testing

@testable import Audit

@Suite struct LifeRangesTests {
    private func ranges(_ ends: [(UInt64, UInt64)]) -> LifeRanges {
        var ranges = LifeRanges()
        for (first, last) in ends { ranges.add(segment(first, last)) }
        return ranges
    }

    private func segment(_ first: UInt64, _ last: UInt64) -> SegmentName {
        SegmentName(
            life: Life(gateway: GatewayName("a")!, incarnation: Incarnation(rawValue: 1), stream: StreamName("s")!),
            hour: LandingHour(Timestamp(microseconds: 0)), first: first, last: last)
    }

    @Test("ranges that join, in any order, are whole")
    func whole() {
        let walk = ranges([(10, 19), (0, 9), (20, 20)]).walk()
        #expect(walk.contiguous == 21 && walk.end == 21 && walk.faults.isEmpty)
    }

    @Test("gaps and overlaps are told; what the gateway lost is no gap")
    func faults() {
        let holed = ranges([(5, 9), (12, 20), (15, 25)])
        let walk = holed.walk()
        #expect(walk.contiguous == 0 && walk.end == 26)
        #expect(
            walk.faults == [
                .gap(SequenceRange(first: 0, count: 5)), .gap(SequenceRange(first: 10, count: 2)),
                .overlap(segment(15, 25)),
            ])
        let lost = holed.walk(lost: [SequenceRange(first: 10, count: 2)], fromFirst: true)
        #expect(lost.contiguous == 26 && lost.faults == [.overlap(segment(15, 25))])
    }

    @Test("a name is what it says, and only so")
    func names() throws {
        let name = segment(3, 7).description
        #expect(name == "s/date=1970-01-01/hour=00/a_0000000000000001_3-7.json.gz")
        #expect(LandedName(name) == .segment(segment(3, 7)))
        #expect(LandingHour(Timestamp(microseconds: -1)).description == "date=1969-12-31/hour=23")
        #expect(LandingHour(date: "date=2026-02-29", hour: "hour=00") == nil)
    }
}
