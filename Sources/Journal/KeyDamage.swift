/// Bytes of a key log that are no record. The batches they named have landed, but are no longer known: one that is sent
/// again is taken again. Or what older key logs left (`keys/retired`), as a whole.
package struct KeyDamage: Sendable, Equatable, CustomStringConvertible {
    /// Why `keys/retired` can't be read.
    package enum Retired: String, Sendable {
        case damaged = "it is damaged"
        case laterVersion = "a later version has written it: it and the key logs stay as they are"
    }

    package var file: String
    package var offset: Int64
    package var bytes: Int64
    /// Nothing sound follows. As a rule a crash cut the append short; then nothing is lost, as the segment goes only after
    /// its keys are durable.
    package var isTail: Bool
    /// How many batches the bytes can have named, at most.
    package var batchesMax: Int
    /// `nil`: a key log.
    package var retired: Retired?

    package var description: String {
        if let retired { return "\(retired.rawValue); what has landed of older batches may be named as lost" }
        let place = "byte \(offset): \(bytes) bytes are no record, "
        return isTail
            ? place + "an append that a crash cut short, or damage to the last record"
            : place + "at most \(batchesMax) batches that have landed are no longer known, and would be taken again"
    }
}
