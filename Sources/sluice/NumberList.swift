import ArgumentParser

/// Whole numbers on a command line: `3,17,40`; `-` for none.
struct NumberList: ExpressibleByArgument {
    var numbers: Set<Int>

    init?(argument: String) {
        numbers = []
        if argument == "-" { return }
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), number >= 0 else { return nil }
            numbers.insert(number)
        }
    }
}
