import Curl
import Synchronization

/// A body of computed bytes, of which fewer may be there than it says.
final class Numbers: HTTPBodySource {
    let length: Int64
    private let there: Int64
    let largestRead = Mutex(0)

    init(length: Int64, there: Int64? = nil) {
        self.length = length
        self.there = there ?? length
    }

    static func byte(at index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
        let count = Int(min(Int64(buffer.count), max(0, there - offset)))
        largestRead.withLock { $0 = max($0, count) }
        for index in 0..<count { buffer[index] = Self.byte(at: Int(offset) + index) }
        return count
    }
}
