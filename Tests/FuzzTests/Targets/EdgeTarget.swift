import Access
import Gateway
import Logging
import Model
import NIOCore
import NIOEmbedded
import Telemetry

@testable import Edge

extension FuzzTarget {
    /// The bytes of one connection, through NIO's HTTP decoder and our handlers to a gateway that records. The first byte
    /// decides how they are cut, the second's bits: 1 room comes late, 2 answers come late, 4 the peer ends its half, 8
    /// limits are small, 16 a key is needed. However they are cut, the same is taken and the same is answered.
    static let edge = FuzzTarget("edge", maxBytes: 1 << 14) { input in
        var reader = InputReader(input)
        let seed = reader.byte()
        let manner = Conversation.Manner(rawValue: reader.byte())
        let whole = try Conversation([reader.rest], manner)
        try whole.check()
        let cut = try Conversation(InputReader.pieces(of: reader.rest, seed: seed), manner)
        try cut.check()
        try hold(
            whole.taken == cut.taken, "\(whole.taken.count) batches at once, \(cut.taken.count) in pieces, or others")
        try hold(
            whole.answers.map(\.inEssence) == cut.answers.map(\.inEssence),
            "cut in pieces, the answers are others: \(whole.said) and \(cut.said)")
        try hold(whole.isClosed == cut.isClosed, "closed only when cut otherwise")
    }
}

/// All that happens on one connection.
struct Conversation {
    struct Manner: OptionSet {
        let rawValue: UInt8
        static let lateRoom = Manner(rawValue: 1)
        static let lateAnswers = Manner(rawValue: 2)
        static let halfCloses = Manner(rawValue: 4)
        static let smallLimits = Manner(rawValue: 8)
        static let needsKey = Manner(rawValue: 16)
    }

    let taken: [RecordingGateway.Taken]
    let answers: [WireAnswer]
    /// By our side, or by us after the peer's.
    let isClosed: Bool
    var said: String { answers.map { "\($0.status)" }.joined(separator: " ") + (isClosed ? " closed" : "") }
    private let maxBodyBytes: Int

    init(_ pieces: [ArraySlice<UInt8>], _ manner: Manner) throws {
        var limits = EdgeLimits()
        if manner.contains(.smallLimits) {
            // More than an input's bytes can't stand in one head either way: how far it is read ahead must not matter here.
            limits.headBytes = 8 << 10
            limits.targetBytes = 64
            limits.headerCount = 8
            limits.discardBytes = 16
        }
        maxBodyBytes = manner.contains(.smallLimits) ? 48 : 4096
        let gateway = RecordingGateway(
            maxBodyBytes: maxBodyBytes, lateRoom: manner.contains(.lateRoom),
            lateAnswers: manner.contains(.lateAnswers))
        let channel = EmbeddedChannel()
        try ConnectionParts(
            registry: ConnectionRegistry(limit: 1), intake: gateway,
            doorkeeper: manner.contains(.needsKey) ? OneKey() : OpenDoor(),
            telemetry: DoorTelemetry(Telemetry(), onFailedLogin: { _ in }), limits: limits, logger: Conversation.logger
        ).initialize(channel)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        var output: [UInt8] = []
        /// Until nothing more happens.
        func settle() throws {
            repeat { channel.embeddedEventLoop.run() } while gateway.goOn()
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) { output += buffer.readableBytesView }
        }
        for piece in pieces where channel.isActive {
            // It throws what the pipeline reports, which is the handlers' to answer.
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            try settle()
        }
        if manner.contains(.halfCloses), channel.isActive {
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            try settle()
        }
        isClosed = !channel.isActive
        if channel.isActive { channel.close(promise: nil) }
        try settle()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        taken = gateway.taken
        try hold(gateway.roomOut == 0, "\(gateway.roomOut) bodies' room is never given back")
        try hold(gateway.waiting == 0, "\(gateway.waiting) requests for room are never given up")
        answers = try WireAnswer.all(in: output)
    }

    private static var logger: Logger { Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() } }

    func check() throws {
        for batch in taken {
            try hold(batch.body.count <= maxBodyBytes, "a body of \(batch.body.count) bytes")
            try hold(!batch.stream.isInternal, "a batch for \(batch.stream)")
            guard let key = batch.key else { continue }
            try hold((1...255).contains(key.utf8.count), "a key of \(key.utf8.count) characters")
            try hold(key.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a key that is not printable")
        }
        for answer in answers.dropLast() { try hold(!answer.closes, "an answer after the last one") }
        if answers.last?.closes == true { try hold(isClosed, "the connection should be closed, and is not") }
    }
}

/// Knows the bearer of `k`, who may send to `a`.
private struct OneKey: Doorkeeper {
    private static let pass = ProducerPass(name: PrincipalName("team-a")!, streams: StreamGrant(["a"])!, meter: nil)
    var edition: UInt64 { 0 }

    func admit(authorization: String?, now: Timestamp) -> Admittance? {
        authorization == "Bearer k" ? Admittance(pass: Self.pass, expiresAt: nil) : nil
    }
}
