package import Model

/// A producer as the book keeps it.
package struct ProducerRecord: Sendable, Equatable {
    package var name: PrincipalName
    package var streams: StreamGrant
    package var quota: Quota
    /// More than one while a key is being replaced.
    package var keys: [KeyRecord]

    package init(name: PrincipalName, streams: StreamGrant, quota: Quota, keys: [KeyRecord]) {
        self.name = name
        self.streams = streams
        self.quota = quota
        self.keys = keys
    }
}
