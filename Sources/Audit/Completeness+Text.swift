extension AuditReport.Stream {
    /// How far it is complete, in words.
    package var through: String {
        complete_through.map { "complete through \($0)" } ?? "not yet complete through any time"
    }
}

extension StreamCompleteness.Hold {
    /// On one line, for people.
    package var text: String {
        let life = [gateway, incarnation].compactMap(\.self).joined(separator: "/")
        let proof = since.map { "complete through \($0)" } ?? "nothing is proved of it"
        let range = first.map { first in end.map { "\(first)-\($0 - 1)" } ?? "from \(first) on" } ?? ""
        let lack =
            switch reason {
            case .missing: "\(range) has not landed"
            case .missingObject: "\(object ?? "an object") is not there"
            case .ledger: "its ledger \(range.isEmpty ? "" : "\(range) ")has not landed"
            case .silent: "it has not been heard of since"
            }
        return "\(life): \(lack); \(proof)"
    }
}
