/// Every limit of the data plane that is not a stream's own. Byte counts are bytes on the wire.
package struct EdgeLimits: Sendable {
    /// Request target plus header names and values. Default 32 KiB; one byte more is 431. The whole head on the wire,
    /// separators and padding included, may be twice this.
    package var headBytes = 32 << 10
    /// The request target. Default 8 KiB; one byte more is 414.
    package var targetBytes = 8 << 10
    /// Header fields of one request, trailers included. Default 100; one more is 431.
    package var headerCount = 100
    /// Open connections. Default 10,000; one more is answered 503 and closed, and a flood waits in the kernel's backlog.
    package var connections = 10_000
    /// From the first byte of a head (or the accept, for a connection's first) to its end. Default 10 s, then 408.
    package var headDeadline = Duration.seconds(10)
    /// From the grant of room to the last byte of a body. Default 60 s, then 408.
    package var bodyDeadline = Duration.seconds(60)
    /// Mean bytes per second that a body must keep up once ``bodyGrace`` has passed. Default 1 KiB/s, else 408.
    package var bodyBytesPerSecond = 1 << 10
    /// Time before ``bodyBytesPerSecond`` is judged. Default 10 s.
    package var bodyGrace = Duration.seconds(10)
    /// How long a request waits for room in the bytes in flight. Default 10 s, then 503.
    package var admissionWait = Duration.seconds(10)
    /// How long a connection may wait between requests. Default 75 s, then it is closed.
    package var keepAliveIdle = Duration.seconds(75)
    /// How long a response may wait for the peer to take it. Default 30 s, then the connection is reset.
    package var writeStall = Duration.seconds(30)
    /// What a submitted batch may take; it becomes ``BatchRequest/deadline``. Default 30 s.
    package var requestTimeout = Duration.seconds(30)
    /// A refused body of at most this many bytes is read and dropped, so that the connection survives. Default 64 KiB.
    package var discardBytes = 64 << 10
    /// How long, and for how many bytes, a connection that closes early is still drained, so that the peer can read its
    /// answer before a reset. Default 2 s and 4 MiB.
    package var lingerTime = Duration.seconds(2)
    package var lingerBytes = 4 << 20
    /// Bytes of unread requests held while one is being answered, reached only when the peer has closed its half.
    /// Default 8 MiB; more closes the connection.
    package var heldBytes = 8 << 20

    package init() {}
}
