/// Bytes of a key log that are no record. The batches they named have landed, but are no longer known: one that is sent
/// again is taken again.
package struct KeyDamage: Sendable, Equatable, CustomStringConvertible {
    package var file: String
    package var offset: Int64
    package var bytes: Int64
    /// Nothing sound follows. As a rule a crash cut the append short; then nothing is lost, as the segment goes only after
    /// its keys are durable.
    package var isTail: Bool
    /// How many batches the bytes can have named, at most.
    package var batchesMax: Int

    package var description: String {
        let place = "byte \(offset): \(bytes) bytes are no record, "
        if batchesMax == 0, !isTail { return place + "what has landed of older batches may be named as lost" }
        return isTail
            ? place + "an append that a crash cut short, or damage to the last record"
            : place + "at most \(batchesMax) batches that have landed are no longer known, and would be taken again"
    }
}
