internal import CISAL
import Glibc
import Synchronization

/// One place in memory for ISA-L's state, the same in every process.
///
/// ISA-L 2.30 takes a part of the address of its state for a text's first bytes, when it remembers where they are (in the code
/// for its first byte). Whether it finds them when they come again so depends on the address: the result is right, but may be a
/// byte or two longer. Simulated worlds count compressed bytes, and are to be the same every time.
package final class SteadyPlace: @unchecked Sendable {
    // SAFETY: the memory is touched only with `lock` held.
    private static let isWanted = Atomic(false)
    /// `nil` where the place is taken.
    private static let one = SteadyPlace()
    /// Far from where systems put anything.
    private static let address = 0x2000_0000_0000

    private let lock = Mutex(())
    private let stream: UnsafeMutablePointer<isal_zstream>

    /// From now on texts of up to 128 KiB are compressed there, by one thread at a time.
    package static func use() { isWanted.store(true, ordering: .relaxed) }

    static var current: SteadyPlace? { isWanted.load(ordering: .relaxed) ? one : nil }

    private init?() {
        let size = MemoryLayout<isal_zstream>.size
        // MAP_FIXED_NOREPLACE, which Swift does not import.
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | 0x10_0000
        guard let wanted = UnsafeMutableRawPointer(bitPattern: SteadyPlace.address),
            let memory = mmap(wanted, size, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED
        else { return nil }
        guard memory == wanted else {
            munmap(memory, size)
            return nil
        }
        stream = memory.bindMemory(to: isal_zstream.self, capacity: 1)
    }

    func with(_ body: (UnsafeMutablePointer<isal_zstream>) -> Void) { lock.withLock { _ in body(stream) } }
}
