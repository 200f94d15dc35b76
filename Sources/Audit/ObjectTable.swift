import Model

/// What each object turned out to hold, in few bytes: a zone has millions.
struct ObjectTable {
    struct Record {
        /// The first 16 bytes of the object's SHA-256; nil when it was listed and not read.
        var hash: UInt128?
        var events: UInt32
    }

    /// By the first 16 bytes of the name's SHA-256.
    private var records: [UInt128: Record] = [:]

    /// False when an object of that name is known already, from another zone.
    mutating func add(_ name: String, sha256: [UInt8]?, events: Int) -> Bool {
        records.updateValue(
            Record(hash: sha256.map(Self.half), events: UInt32(clamping: events)), forKey: Self.key(name)) == nil
    }

    func find(_ name: String) -> Record? { records[Self.key(name)] }

    private static func key(_ name: String) -> UInt128 { half(SHA256.hash(Array(name.utf8))) }

    static func half(_ sha256: [UInt8]) -> UInt128 {
        sha256.prefix(16).reduce(0) { $0 << 8 | UInt128($1) }
    }
}
