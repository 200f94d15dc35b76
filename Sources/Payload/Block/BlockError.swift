/// Why bytes are no block.
package enum BlockError: Error, Equatable, Sendable, CustomStringConvertible {
    /// They do not begin as a block does.
    case notABlock
    /// Written by a later version of Sluice; not damage.
    case unknownVersion(UInt8)
    /// The bytes end before the block does.
    case truncated
    /// A checksum, a length or a name is wrong.
    case corrupt(String)

    package var description: String {
        switch self {
        case .notABlock: "not a block"
        case .unknownVersion(let version):
            "a block of format version \(version), and this build reads version \(BlockHeader.version) only; run the version of Sluice that wrote it"
        case .truncated: "the bytes end within a block"
        case .corrupt(let detail): "a corrupt block: \(detail)"
        }
    }
}
