package import Model

/// What load to make, and where it goes.
package struct LoadConfiguration: Sendable {
    /// How the bodies travel.
    package enum Coding: Sendable {
        case identity
        case gzip
    }

    /// Where the events come from.
    package enum Events: Sendable {
        /// CloudTrail-like events of a mean size in bytes, at least ``AuditEvents/meanBytesMin``.
        case synthetic(meanBytes: Int)
        /// The non-empty lines of a file, again and again.
        case file(String)
    }

    /// When the run ends. Requests on their way are finished.
    package enum Limit: Sendable {
        case events(Int)
        case duration(Duration)
    }

    /// Name or address of the gateway.
    package var host: String
    package var port: UInt16
    package var stream: StreamName
    /// The default is synthetic events of 2,090 bytes.
    package var events = Events.synthetic(meanBytes: 2_090)
    /// Events per request. The default is 500.
    package var batch = 500
    /// Connections, each on a thread of its own with one request at a time. The default is 4.
    package var connections = 4
    /// Events per second over all connections; 0, the default, is as fast as they are acknowledged.
    package var rate = 0.0
    package var limit: Limit
    /// The default is identity.
    package var coding = Coding.identity
    /// How many different bodies are built before the run, then sent in turn. The default is 16.
    package var bodies = 16
    /// How long one batch is tried again after 408, 429, 5xx or a lost connection. The default is 60 s.
    package var patience = Duration.seconds(60)

    package init(host: String, port: UInt16, stream: StreamName, limit: Limit) {
        self.host = host
        self.port = port
        self.stream = stream
        self.limit = limit
    }
}
