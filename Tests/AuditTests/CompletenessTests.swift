import Audit
import Model
import Testing

@Suite struct CompletenessTests {
    private func at(_ seconds: Int64) -> Timestamp { Scene.at(seconds) }
    private let logs = StreamName("logs")!
    private let bills = StreamName("bills")!

    @Test(
        "it goes as far as the latest position whose events are all there, and before the first to the life's beginning"
    )
    func positions() {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        #expect(scene.through() == at(5))
        scene.state(life, 10, ["logs": 0])
        scene.state(life, 20, ["logs": 7])
        scene.state(life, 30, ["logs": 9])
        #expect(scene.through() == at(10))
        scene.land(life, "logs", 0..<8)
        #expect(scene.through() == at(20))
        scene.land(life, "logs", 8..<20)
        #expect(scene.through() == at(30))
    }

    @Test("a missing range holds the stream back, and is named with its life and since when")
    func gap() throws {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        for second in 1...9 { scene.state(life, Int64(second) * 10, ["logs": UInt64(second)]) }
        scene.land(life, "logs", 0..<3)
        scene.land(life, "logs", 5..<9)
        let found = scene.conclude()
        #expect(found.through == at(30))
        let hold = try #require(found.heldBackBy.first)
        #expect(found.heldBackBy.count == 1 && hold.reason == .missing)
        #expect(hold.gateway == "eu" && hold.incarnation == life.incarnation.description)
        #expect(hold.first == 3 && hold.end == 5 && hold.since == at(30).description)
        #expect(found.gateways.map(\.gateway) == ["eu"] && found.gateways.map(\.state) == [.running])
        #expect(found.gateways.map(\.complete_through) == [at(30).description])
        scene.land(life, "logs", 3..<5)
        #expect(scene.through() == at(90))
    }

    @Test("a healthy stream is held back by nobody")
    func healthy() {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        scene.state(life, 980, ["logs": 3])
        scene.state(life, 995, ["logs": 5])
        scene.land(life, "logs", 0..<3)
        #expect(scene.conclude(asOf: 1000).heldBackBy.isEmpty)
        #expect(scene.conclude(asOf: 1010).heldBackBy.isEmpty)
        #expect(scene.conclude(asOf: 1011).heldBackBy.map(\.reason) == [.missing])
    }

    @Test("of a ledger only the part without gap counts")
    func ledgerGap() throws {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        scene.state(life, 10, ["logs": 1])
        let second = scene.facts.count
        scene.state(life, 20, ["logs": 2])
        scene.state(life, 30, ["logs": 3])
        scene.land(life, "logs", 0..<3)
        scene.lose(life, UInt64(second)..<UInt64(second) + 1)
        let found = scene.conclude()
        #expect(found.through == at(10))
        let hold = try #require(found.heldBackBy.first)
        #expect(hold.reason == .ledger && hold.first == UInt64(second) && hold.since == at(10).description)
        scene.find(life)
        #expect(scene.through() == at(30))
    }

    @Test("a life of which only objects are known proves nothing; so does a gateway of which only strong objects are")
    func silentLife() {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        scene.state(life, 10, ["logs": 1])
        scene.land(life, "logs", 0..<1)
        scene.loseAll(life)
        let found = scene.conclude()
        #expect(found.through == nil && found.heldBackBy.map(\.reason) == [.ledger])
        #expect(found.heldBackBy[0].since == nil)
        scene.find(life)
        scene.landStrong("us")
        #expect(scene.through() == nil)
        #expect(scene.conclude().heldBackBy.map(\.gateway) == ["eu", "us"])
    }

    @Test("over several gateways it is the earliest, and the one that is cut off is named")
    func cutOff() {
        var scene = Scene()
        let (eu, us) = (scene.life("eu", 1), scene.life("us", 2))
        for life in [eu, us] { scene.open(life, 5) }
        for second in stride(from: Int64(10), through: 1000, by: 10) {
            scene.state(us, second, ["logs": UInt64(second)])
            if second <= 500 { scene.state(eu, second, ["logs": UInt64(second)]) }
        }
        scene.land(us, "logs", 0..<1000)
        scene.land(eu, "logs", 0..<500)
        let found = scene.conclude()
        #expect(found.through == at(500))
        #expect(found.heldBackBy.map(\.gateway) == ["eu"] && found.heldBackBy[0].reason == .silent)
        #expect(found.heldBackBy[0].first == 500 && found.heldBackBy[0].end == nil)
        #expect(found.gateways.map(\.complete_through) == [at(500).description, at(1000).description])
        scene.state(eu, 990, ["logs": 990])
        #expect(scene.through() == at(500))
        scene.land(eu, "logs", 500..<990)
        #expect(scene.through() == at(990))
    }

    @Test("a life that ended cleanly holds nothing back once all of it is there; with all ended, it is the last word")
    func ended() {
        var scene = Scene()
        let (eu, us) = (scene.life("eu", 1), scene.life("us", 2))
        for life in [eu, us] { scene.open(life, 5) }
        scene.state(us, 100, ["logs": 0])
        scene.state(eu, 10, ["logs": 2])
        scene.say(eu, 20, .ended(logs, eu.incarnation, next: 3))
        scene.land(eu, "logs", 0..<2)
        #expect(scene.through() == at(10))
        #expect(scene.conclude().heldBackBy.contains { $0.gateway == "eu" && $0.reason == .missing && $0.first == 2 })
        scene.land(eu, "logs", 2..<3)
        let found = scene.conclude()
        #expect(found.through == at(100))
        #expect(found.gateways.map(\.state) == [.ended, .running])
        #expect(found.gateways[0].complete_through == at(20).description)
        scene.say(us, 110, .ended(logs, us.incarnation, next: 0))
        #expect(scene.through() == at(110))
    }

    @Test("a clean end that stands beyond a gap of the ledger is not known")
    func unknownEnd() {
        var scene = Scene()
        let eu = scene.life("eu", 1)
        scene.open(eu, 5)
        scene.state(eu, 10, ["logs": 0])
        let gap = UInt64(scene.facts.count)
        scene.say(eu, 15, .reached(logs, eu.incarnation, end: 0))
        scene.say(eu, 20, .ended(logs, eu.incarnation, next: 0))
        scene.lose(eu, gap..<gap + 1)
        #expect(scene.conclude().gateways.map(\.state) == [.running] && scene.through() == at(10))
    }

    @Test(
        "a crashed life holds at its last word until a later life has recovered, spoken of it, and landed what it left")
    func crashed() {
        var scene = Scene()
        let (old, new) = (scene.life("eu", 1), scene.life("eu", 2))
        scene.open(old, 5)
        scene.state(old, 10, ["logs": 2])
        scene.land(old, "logs", 0..<2)
        scene.open(new, 50)
        #expect(scene.through() == at(10))
        scene.say(new, 51, .ended(logs, old.incarnation, next: 4))
        scene.say(new, 51, .reached(logs, old.incarnation, end: 4))
        scene.say(new, 51, .ended(.ledger, old.incarnation, next: 3))
        #expect(scene.through() == at(10), "its recovery may have more to say")
        scene.state(new, 60, ["logs": 0])
        #expect(scene.through() == at(10), "what it left has not landed")
        scene.land(old, "logs", 2..<4)
        #expect(scene.through() == at(60))
        #expect(scene.conclude().gateways.map(\.state) == [.running])
    }

    @Test(
        "a crashed life whose ledger is not all there holds back: it may have landed strong batches that nobody knows")
    func crashedLedger() {
        var scene = Scene()
        let (old, new) = (scene.life("eu", 1), scene.life("eu", 2))
        scene.open(old, 5)
        scene.state(old, 10, ["logs": 0])
        let lost = UInt64(scene.facts.count)
        scene.say(old, 12, .batchLanded(bills, object: "b", isThere: true))
        scene.lose(old, lost..<lost + 1)
        scene.open(new, 50)
        scene.say(new, 51, .ended(.ledger, old.incarnation, next: lost + 1))
        scene.state(new, 60, ["logs": 0])
        #expect(scene.through("bills") == at(10))
        #expect(
            scene.conclude("bills").heldBackBy.contains {
                $0.reason == .ledger && $0.first == lost && $0.end == lost + 1
            })
        scene.find(old)
        #expect(scene.through("bills") == at(60))
    }

    @Test("a life that nobody speaks of, as its disk is gone, holds back until it is written off")
    func writtenOff() {
        var scene = Scene()
        let (old, new) = (scene.life("eu", 1), scene.life("eu", 2))
        scene.open(old, 5)
        scene.state(old, 10, ["logs": 2])
        scene.open(new, 50)
        scene.state(new, 60, ["logs": 0])
        #expect(scene.through() == at(5))
        scene.writtenOff = [old]
        #expect(scene.through() == at(60))
    }

    @Test("what a gateway itself named as lost is accounted for, once that word is in the ledger's part without gap")
    func damaged() {
        var scene = Scene()
        let (old, new) = (scene.life("eu", 1), scene.life("eu", 2))
        scene.open(old, 5)
        scene.state(old, 10, ["logs": 9])
        scene.land(old, "logs", 0..<3)
        scene.land(old, "logs", 6..<9)
        scene.open(new, 50)
        scene.say(new, 51, .damaged(logs, old.incarnation, SequenceRange(first: 3, count: 3)))
        scene.say(new, 51, .ended(logs, old.incarnation, next: 9))
        scene.state(new, 60, ["logs": 0])
        #expect(scene.through() == at(60))
        scene.lose(new, 0..<1)
        #expect(scene.through() == nil)
    }

    @Test("what a life stated and no later one found any more is accounted for, once it has been looked for")
    func unfound() {
        var scene = Scene()
        let (old, new, last) = (scene.life("eu", 1), scene.life("eu", 2), scene.life("eu", 3))
        scene.open(old, 5)
        scene.state(old, 10, ["logs": 9])
        scene.land(old, "logs", 0..<3)
        scene.open(new, 50)
        scene.say(new, 51, .ended(logs, old.incarnation, next: 6))
        scene.state(new, 60, ["logs": 0])
        #expect(scene.through() == at(5), "3-5 were found, and have not landed")
        scene.land(old, "logs", 3..<6)
        #expect(scene.through() == at(60))
        // What has landed is no longer in the journal: that a later life finds less says nothing.
        scene.open(last, 100)
        scene.say(last, 101, .ended(logs, old.incarnation, next: 0))
        scene.say(last, 101, .ended(.ledger, new.incarnation, next: 4))
        scene.state(last, 110, ["logs": 0])
        #expect(scene.through() == at(110))
        scene.lose(new, 1..<2)
        #expect(scene.through() == at(50), "who says the more is not heard, and holds back itself")
    }

    @Test("a crashed life without any ledger holds back until a later one says that it left none")
    func noLedger() {
        func scene(saysLedger: Bool) -> Scene {
            var scene = Scene()
            let (old, new) = (scene.life("eu", 1), scene.life("eu", 2))
            scene.land(old, "logs", 0..<2)
            scene.open(new, 50)
            scene.say(new, 51, .ended(logs, old.incarnation, next: 2))
            if saysLedger { scene.say(new, 51, .ended(.ledger, old.incarnation, next: 0)) }
            scene.state(new, 60, ["logs": 0])
            return scene
        }
        let silent = scene(saysLedger: false)
        #expect(silent.through() == nil)
        #expect(silent.conclude().heldBackBy.contains { $0.reason == .ledger && $0.first == 0 && $0.end == nil })
        #expect(scene(saysLedger: true).through() == at(60))
    }

    @Test("a damaged ledger, named by a life whose own ledger a third life names as damaged")
    func damagedLedgers() {
        var scene = Scene()
        let (one, two, three) = (scene.life("eu", 1), scene.life("eu", 2), scene.life("eu", 3))
        scene.open(one, 5)
        scene.state(one, 10, ["logs": 0])
        scene.say(one, 11, .reached(logs, one.incarnation, end: 0))
        scene.lose(one, 3..<4)
        scene.open(two, 50)
        scene.say(two, 51, .reached(logs, two.incarnation, end: 0))
        scene.lose(two, 1..<2)
        scene.say(two, 52, .damaged(.ledger, one.incarnation, SequenceRange(first: 3, count: 1)))
        scene.say(two, 52, .ended(.ledger, one.incarnation, next: 4))
        scene.state(two, 60, ["logs": 0])
        #expect(scene.through() == at(10))
        scene.open(three, 100)
        scene.say(three, 101, .damaged(.ledger, two.incarnation, SequenceRange(first: 1, count: 1)))
        scene.say(three, 101, .ended(.ledger, two.incarnation, next: 6))
        scene.state(three, 110, ["logs": 0])
        #expect(scene.through() == at(110))
    }

    @Test("a strong stream goes as far as the ledger is there and every object it names")
    func strong() throws {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        scene.say(life, 8, .batchLanded(bills, object: "one", isThere: true))
        scene.state(life, 10)
        scene.say(life, 12, .batchLanded(bills, object: "two", isThere: false))
        scene.say(life, 13, .batchLanded(bills, object: "three", isThere: false))
        scene.state(life, 20)
        scene.state(life, 30)
        #expect(scene.through("bills") == at(10))
        let hold = try #require(scene.conclude("bills").heldBackBy.first)
        #expect(hold.reason == .missingObject && hold.object == "two" && hold.since == at(10).description)
        #expect(scene.through("logs") == at(30), "other streams go on")
    }

    @Test("a stream that a gateway has never spoken of waits for its positions all the same")
    func unheard() {
        var scene = Scene()
        let (eu, us) = (scene.life("eu", 1), scene.life("us", 2))
        for life in [eu, us] { scene.open(life, 5) }
        scene.state(eu, 100, ["logs": 0])
        scene.state(us, 40, ["other": 0])
        #expect(scene.through() == at(40))
    }

    @Test("a clock that goes back proves nothing early: what was stated before still counts")
    func clock() {
        var scene = Scene()
        let life = scene.life("eu", 1)
        scene.open(life, 5)
        scene.state(life, 100, ["logs": 3])
        scene.state(life, 50, ["logs": 8])
        scene.state(life, 60, ["logs": 9])
        scene.land(life, "logs", 0..<3)
        #expect(scene.through() == at(5))
        scene.land(life, "logs", 3..<8)
        #expect(scene.through() == at(50))
        scene.land(life, "logs", 8..<9)
        #expect(scene.through() == at(100))
    }

    @Test("a ledger of two months is kept small, and says a minute less at most where it was thinned")
    func long() throws {
        var completeness = Completeness()
        let life = GatewayLife(GatewayName("eu")!, Incarnation(rawValue: 1))
        completeness.add(PlacedFact(life, 0, at: at(0), .opened))
        let count: Int64 = 60 * 17_280
        for index in 1...count {
            completeness.add(PlacedFact(life, UInt64(index), at: at(index * 5), .position(logs, next: UInt64(index))))
        }
        func through(_ contiguous: UInt64) -> Timestamp? {
            completeness.conclude(streams: [logs], expectedThrough: at(count * 5)) { life, _ in
                life.stream == .ledger
                    ? .init(contiguous: UInt64(count) + 1, end: UInt64(count) + 1)
                    : .init(contiguous: contiguous, end: contiguous)
            }[logs]?.through
        }
        #expect(through(UInt64(count)) == at(count * 5))
        #expect(through(UInt64(count) - 100) == at((count - 100) * 5), "the last hour is kept whole")
        let held = try #require(through(100_000))
        #expect(held <= at(500_000) && held > at(500_000 - 65))
    }
}
