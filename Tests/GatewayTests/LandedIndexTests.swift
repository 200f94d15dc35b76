import Gateway
import Journal
import Model
import Testing

@Suite struct LandedIndexTests {
    private let life = Incarnation(rawValue: 9)
    private let other = Incarnation(rawValue: 8)
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private func segment(_ first: UInt64, _ end: UInt64, at seconds: Int64 = 0, _ life: Incarnation? = nil)
        -> LandedSegment
    {
        LandedSegment(
            incarnation: life ?? self.life, range: SequenceRange(first: first, count: end - first),
            object: "o\(first)-\(end)", newest: at(seconds))
    }

    @Test("every sequence of a landed segment is found, no other, in whatever order they landed")
    func find() {
        let segments = [segment(0, 5), segment(5, 6), segment(10, 20), segment(20, 30)]
        for shift in 0..<24 {
            var index = LandedIndex(window: .seconds(100))
            var rest = segments
            var code = shift
            for left in stride(from: 4, to: 0, by: -1) {
                index.add(rest.remove(at: code % left), now: at(1))
                code /= left
            }
            for sequence in UInt64(0)..<32 {
                let expected = segments.first { $0.range.first <= sequence && sequence < $0.range.end }?.object
                #expect(index.object(of: sequence, life) == expected.map { .some(.some($0)) } ?? .none)
                #expect(index.object(of: sequence, other) == .none)
            }
        }
    }

    @Test("the same segment again changes nothing; what is out of the window is dropped")
    func expiry() {
        var index = LandedIndex(window: .seconds(100))
        for _ in 0..<2 { index.add(segment(0, 5, at: 0), now: at(1)) }
        index.add(segment(0, 9, at: 0, other), now: at(1))
        #expect(index.count == 2)
        index.add(segment(5, 9, at: 50), now: at(100))
        #expect(index.count == 3 && index.object(of: 4, life) == "o0-5")
        index.add(segment(9, 10, at: 101), now: at(101))
        #expect(index.count == 2 && index.object(of: 4, life) == .none && index.object(of: 5, life) == "o5-9")
        #expect(index.object(of: 0, other) == .none)
    }

    @Test("what an older version's key log knows has landed, under a name that is not known")
    func nameless() {
        var ranges = RetiredRanges()
        ranges.add(life, SequenceRange(first: 0, count: 5))
        var index = LandedIndex(window: .seconds(100), nameless: ranges)
        #expect(index.object(of: 4, life) == .some(nil) && index.object(of: 5, life) == .none)
        index.add(segment(0, 5), now: at(1))
        #expect(index.object(of: 4, life) == "o0-5")
    }
}

@Suite struct LandedThroughTests {
    private let life = Incarnation(rawValue: 9)
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private func sealed(_ first: UInt64, _ end: UInt64, of life: UInt64 = 9) -> LandedThrough.Place {
        .init(Incarnation(rawValue: life), SequenceRange(first: first, count: end - first))
    }

    private func ask(_ through: inout LandedThrough, _ now: Timestamp, _ next: UInt64) -> Timestamp? {
        through.through(now: now, next: next)
    }

    @Test("with nothing to land it is now; else the last moment whose events have all landed")
    func through() {
        var through = LandedThrough(incarnation: life)
        #expect(ask(&through, at(1), 0) == at(1))
        #expect(ask(&through, at(2), 1) == nil)
        for second in 1...10 { through.mark(at(Int64(second)), next: UInt64(second) * 10) }
        #expect(ask(&through, at(11), 105) == nil)
        through.landed(sealed(0, 35))
        #expect(ask(&through, at(11), 105) == at(3))
        through.landed(sealed(60, 70))
        #expect(ask(&through, at(11), 105) == at(3), "a hole holds it back")
        through.landed(sealed(35, 60))
        #expect(ask(&through, at(11), 105) == at(7))
        through.landed(sealed(70, 105))
        #expect(ask(&through, at(11), 105) == at(11))
        #expect(ask(&through, at(12), 106) == at(10))
    }

    @Test("what earlier lives left holds it back until all of it has landed, or was lost and replaced")
    func inherited() {
        var through = LandedThrough(incarnation: life)
        for segment in [sealed(0, 5, of: 1), sealed(5, 9, of: 1), sealed(9, 9, of: 1)] { through.inherit(segment) }
        through.landed(sealed(0, 5, of: 1))
        #expect(ask(&through, at(1), 0) == nil)
        through.replace(sealed(5, 9, of: 1), by: [sealed(5, 6, of: 1), sealed(7, 9, of: 1)])
        through.landed(sealed(5, 6, of: 1))
        #expect(ask(&through, at(1), 0) == nil)
        through.landed(sealed(7, 9, of: 1))
        #expect(ask(&through, at(1), 0) == at(1))
    }

    @Test("what the disk lost of this life is waited for no more, what is left of it is")
    func damaged() {
        var through = LandedThrough(incarnation: life)
        through.landed(sealed(0, 5))
        through.replace(sealed(5, 9), by: [sealed(5, 6), sealed(8, 9)])
        #expect(ask(&through, at(1), 9) == nil)
        through.landed(sealed(5, 6))
        #expect(ask(&through, at(2), 8) == at(2))
        #expect(ask(&through, at(3), 9) == nil)
        through.landed(sealed(8, 9))
        #expect(ask(&through, at(4), 9) == at(4))
    }

    @Test("in a long outage marks are thinned out: it says less, and never more than is so")
    func bounded() throws {
        var through = LandedThrough(incarnation: life)
        for second in 1...20_000 { through.mark(at(Int64(second)), next: UInt64(second)) }
        through.landed(sealed(0, 9_000))
        let found = through.through(now: at(20_001), next: 20_001)
        let time = try #require(found)
        #expect(time <= at(9_000) && time > at(8_000))
    }
}
