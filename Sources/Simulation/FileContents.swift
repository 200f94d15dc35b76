/// The bytes of one simulated file: what is durable, what readers see, and the changes between the two, in order.
struct FileContents: Sendable {
    /// A change that no sync has made durable yet.
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    /// A disk writes whole sectors of this size or none of them.
    static let atom = 512

    var durable: [UInt8] = []
    var cached: [UInt8] = []
    var pending: [Change] = []
    /// The end of the space set aside by reserve.
    var reserved: Int64 = 0

    /// The bytes that count against the disk's capacity.
    var charge: Int64 { max(Int64(cached.count), reserved) }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        guard !bytes.isEmpty else { return }
        FileContents.apply(.write(offset: offset, bytes: bytes), to: &cached)
        pending.append(.write(offset: offset, bytes: bytes))
    }

    mutating func truncate(to size: Int) {
        // As on Linux, where truncating frees what was reserved beyond the new end.
        reserved = min(reserved, Int64(size))
        FileContents.apply(.truncate(size: size), to: &cached)
        pending.append(.truncate(size: size))
    }

    mutating func sync() {
        for change in pending { FileContents.apply(change, to: &durable) }
        pending = []
    }

    /// A sync that failed: the pages are marked clean all the same, so no later sync writes them. Readers still see
    /// them until the crash.
    mutating func failSync() { pending = [] }

    /// What a power cut leaves: all, none, a prefix, or any subset of the atoms in flight.
    mutating func crash(using generator: inout some RandomNumberGenerator) {
        let atoms = pending.flatMap(FileContents.atoms)
        let kept = survivors(of: atoms.count, using: &generator)
        for (atom, isKept) in zip(atoms, kept) where isKept { FileContents.apply(atom, to: &durable) }
        // A file's length can reach the disk before its bytes do: then the tail reads as zeros.
        if durable.count < cached.count, !atoms.isEmpty, Int.random(in: 0..<4, using: &generator) == 0 {
            FileContents.apply(.truncate(size: cached.count), to: &durable)
        }
        cached = durable
        pending = []
        reserved = 0
    }

    /// The sectors that a change touches, each a change of its own.
    private static func atoms(of change: Change) -> [Change] {
        guard case .write(let offset, let bytes) = change else { return [change] }
        var atoms: [Change] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + atom - (offset + start) % atom)
            atoms.append(.write(offset: offset + start, bytes: Array(bytes[start..<end])))
            start = end
        }
        return atoms
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(0, let new) where new.count >= bytes.count: bytes = new
        case .write(let offset, let new):
            if offset > bytes.count { bytes.append(contentsOf: repeatElement(0, count: offset - bytes.count)) }
            let overlap = min(new.count, bytes.count - offset)
            bytes.replaceSubrange(offset..<(offset + overlap), with: new[..<overlap])
            bytes.append(contentsOf: new[overlap...])
        case .truncate(let size):
            if size < bytes.count {
                bytes.removeSubrange(size...)
            } else {
                bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
            }
        }
    }
}

/// Which of `count` pending changes survive a crash. Pure coin flips would hardly ever keep or lose all of many, so
/// those and the ordered prefix are drawn as often as the arbitrary subset.
func survivors(of count: Int, using generator: inout some RandomNumberGenerator) -> [Bool] {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return Array(repeating: false, count: count)
    case 1: return Array(repeating: true, count: count)
    case 2:
        let length = Int.random(in: 0...count, using: &generator)
        return (0..<count).map { $0 < length }
    default: return (0..<count).map { _ in Bool.random(using: &generator) }
    }
}
