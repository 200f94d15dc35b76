import Access
import Model
import Testing

@Suite("Access keys") struct AccessKeyTests {
    private func make(_ kind: AccessKey.Kind) -> AccessKey {
        AccessKey.random(kind)
    }

    @Test("a key reads back, and no two are alike")
    func roundTrip() throws {
        let key = make(.producer)
        let read = try #require(AccessKey(authorization: "Bearer \(key.text)"))
        #expect(read.id == key.id && read.sha256 == key.sha256 && read.kind == .producer)
        #expect(AccessKey(authorization: "bEARER   \(key.text)")?.id == key.id)
        #expect(Set((0..<1000).map { _ in make(.operator).text }).count == 1000)
        #expect(make(.operator).text.hasPrefix("slo_"))
    }

    @Test("what has not the form of a key is none")
    func forms() {
        let text = make(.producer).text
        for wrong in [
            "", "Bearer", "Bearer ", "Basic \(text)", "Bearer\t\(text)", text, "Bearer \(text)x",
            "Bearer \(text.dropLast())",
            "Bearer xxx\(text.dropFirst(3))", "Bearer \(text) ", "Bearer é\(text.dropFirst(2))",
        ] { #expect(AccessKey(authorization: wrong) == nil, "\(wrong)") }
    }
}
