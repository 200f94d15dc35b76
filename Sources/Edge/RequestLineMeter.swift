/// Counts the bytes of a request line: the parser says only that a head is too large, and a target that is to blame
/// deserves 414 rather than 431.
struct RequestLineMeter {
    private(set) var bytes = 0
    private var isEnded = false

    mutating func add(_ received: some Collection<UInt8>) {
        guard !isEnded else { return }
        let line = received.prefix { $0 != UInt8(ascii: "\n") }
        bytes += line.count
        isEnded = line.count < received.count
    }
}
