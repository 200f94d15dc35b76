import ArgumentParser

/// Whole numbers on a command line: `3,17,40`; `-` for none.
struct NumberList: ExpressibleByArgument, CustomStringConvertible {
    var numbers: Set<Int>

    init(_ numbers: Set<Int>) { self.numbers = numbers }

    init?(argument: String) {
        numbers = []
        if argument == "-" { return }
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), number >= 0 else { return nil }
            numbers.insert(number)
        }
    }

    var description: String {
        numbers.isEmpty ? "-" : numbers.sorted().map(String.init).joined(separator: ",")
    }
}
