package struct StreamsDocument: Codable, Sendable { package var streams: [StreamDocument] }
package struct ZonesDocument: Codable, Sendable { package var zones: [ZoneDocument] }
package struct SegmentsDocument: Codable, Sendable { package var segments: [SegmentDocument] }
package struct ProducersDocument: Codable, Sendable { package var producers: [ProducerDocument] }
package struct OperatorsDocument: Codable, Sendable { package var operators: [OperatorDocument] }
