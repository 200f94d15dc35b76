import Foundation
import Gateway
import Model
import Testing

@testable import Audit

@Suite("The trail's chain") struct TrailViewTests {
    /// Lines as they land, `count` entries of one chain.
    private func lines(_ count: Int, gateway: String = "a", chain: String = "c") -> [String] {
        var state = TrailChain(id: chain)
        return (0..<count).map { index in
            let (payload, next) = state.next(
                TrailEntry(.producerAdded, by: .gateway, on: "p\(index)", reason: "\"payload\": \\ {}"),
                gateway: GatewayName(gateway)!, incarnation: Incarnation(rawValue: 1),
                at: Timestamp(microseconds: Int64(index)))
            state = next
            return "{\"event_key\":\"k\",\"batch_key\":\"\\\"payload\\\":\",\"payload\":\(payload)}"
        }
    }

    private func faults(_ lines: [String]) -> [String] {
        var view = TrailView()
        for line in lines {
            guard let parsed = TrailView.Line(Data(line.utf8)) else {
                Issue.record("refused: \(line)")
                continue
            }
            view.add(parsed)
        }
        return view.conclude()
    }

    @Test("a whole chain is good in any order, and with a line written twice")
    func whole() {
        let all = lines(20)
        #expect(faults(all).isEmpty)
        #expect(faults(all.reversed() + [all[3]]).isEmpty)
        #expect(faults(all + lines(3, gateway: "b", chain: "d")).isEmpty)
        #expect(faults([]).isEmpty)
    }

    @Test("every single line that is left out is missed, but for the last, which the ledger's positions tell")
    func leftOut() {
        let all = lines(6)
        for index in 0..<5 {
            var some = all
            some.remove(at: index)
            #expect(faults(some) == ["a, chain c: entry \(index + 1) is missing"])
        }
        #expect(faults([all[0], all[4]]) == ["a, chain c: entries 2 to 4 are missing"])
    }

    @Test("a changed line breaks what follows it")
    func changed() {
        for index in 0..<5 {
            var some = lines(6)
            some[index] = some[index].replacingOccurrences(of: "\"target\":\"p", with: "\"target\":\"q")
            #expect(faults(some).count == 1 && faults(some)[0].contains("entry \(index + 2) (producer_added)"))
        }
    }

    @Test("a forged line, a second chain and another line under a taken number are named")
    func forged() {
        let all = lines(3)
        let twice = all[2].replacingOccurrences(of: "\"target\":\"p", with: "\"target\":\"q")
        #expect(faults(all + [twice]) == ["a: entry 3 of chain c is there twice, and differs"])
        #expect(faults(all + lines(1, chain: "d")).first?.contains("2 chains (c, d)") == true)
        for wrong in ["{\"payload\":{\"number\":1}}", "x", ""] {
            #expect(TrailView.Line(Data(wrong.utf8)) == nil, "\(wrong)")
        }
    }
}
