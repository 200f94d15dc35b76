package import Model
package import SystemPackage

/// A segment whose bytes, name and hash are fixed and synced: from here on every try to land it sends the same.
package struct SealedSegment: Sendable, Equatable {
    package var path: FilePath
    package var objectName: String
    /// Bytes that count. The file is longer only when its last write failed, see ``StreamJournal``.
    package var length: Int64
    package var sha256: [UInt8]
    package var gateway: GatewayName
    package var incarnation: Incarnation
    package var ordinal: UInt64
    package var range: SequenceRange
    package var batches: Int
    package var uncompressed: Int64
    package var received: ClosedRange<Timestamp>
    package var eventTimes: ClosedRange<Timestamp>?

    /// `<stream>/date=YYYY-MM-DD/hour=HH/<gateway>_<incarnation>_<first>-<last>.json.gz`.
    static func objectName(
        _ stream: StreamName, _ gateway: GatewayName, _ incarnation: Incarnation, _ range: SequenceRange,
        firstArrival: Timestamp
    ) -> String {
        "\(stream)/date=\(firstArrival.date)/hour=\(firstArrival.hour)/"
            + "\(gateway)_\(incarnation)_\(range.first)-\(range.last ?? range.first).json.gz"
    }
}
