extension Trial {
    /// What `sluice simulate` takes to run it again.
    package var arguments: String {
        var words = ["--seed \(seed)", "--hours \(hoursText)"]
        if let betrayal { words.append("--betray \(betrayal.rawValue)") }
        if let faults { words.append("--faults \(Trial.list(faults))") }
        if let producers { words.append("--producers \(Trial.list(producers))") }
        return words.joined(separator: " ")
    }

    /// `2`, `0.02`: as people write it.
    package var hoursText: String { Int(exactly: hours).map(String.init) ?? "\(hours)" }

    /// `3,17,40`; `-` for none.
    private static func list(_ numbers: Set<Int>) -> String {
        numbers.isEmpty ? "-" : numbers.sorted().map(String.init).joined(separator: ",")
    }
}
