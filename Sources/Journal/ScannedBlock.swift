package import Model
package import Payload

/// A sound block and where it stands in its file.
package struct ScannedBlock: Sendable {
    package var offset: Int64
    package var length: Int
    package var header: BlockHeader
    package var payloadChecksum: UInt32
    package var range: SequenceRange { header.range }

    /// The same for every copy of a block.
    struct Identity: Hashable {
        var first: UInt64
        var payloadChecksum: UInt32
    }
    var identity: Identity { Identity(first: range.first, payloadChecksum: payloadChecksum) }
}
