package import Files
import Foundation
import Journal
import Logging
package import Model
import Payload
import SystemPackage
import Telemetry

/// The gateway's own stream of what operators and the gateway itself did. One line at a time, each durable in the
/// `_trail` journal before its completion runs, landed like everything else.
///
/// Who orders something writes the line first and acts then: nothing is done that the trail does not tell of.
package final class Trail<FS: FileSystem, Time: TimeSource>: Sendable {
    private struct Pending {
        var entry: TrailEntry
        var completion: @Sendable (WriteFailure?) -> Void
    }
    private struct State {
        var chain: TrailChain
        var lines: [String]
        /// Lines of the next number whose write failed: one of them may be in the journal all the same, should this life die.
        var doubtful: [String] = []
        var queue: [Pending] = []
        var isBusy = false
        var isClosed = false
    }

    private let gateway: GatewayName
    private let incarnation: Incarnation
    let stream: AvailableStream<FS, Time>
    private let files: FS
    private let headPath: FilePath
    private let time: Time
    private let timers: TimerQueue<Time>
    private let log: Logger
    private let written: Counter
    private let state: Monitor<State>
    private let thread: WorkerPool
    private let encoder = EncoderPool()
    private let rules: StreamRules

    /// Takes the chain up where the last life left it; blocks for a few file operations.
    init(
        gateway: GatewayName, incarnation: Incarnation, stream: AvailableStream<FS, Time>, files: FS,
        directory: FilePath, time: Time, timers: TimerQueue<Time>, telemetry: Telemetry, log: Logger,
        steps: (any StepExecution)? = nil
    ) {
        thread = steps.map(WorkerPool.init(steps:)) ?? WorkerPool(name: "trail", threads: 1)
        self.gateway = gateway
        self.incarnation = incarnation
        self.stream = stream
        self.files = files
        self.time = time
        self.timers = timers
        self.log = log
        headPath = directory.appending("trail-head.json")
        written = telemetry.counter(.trailEntries)
        var rules = StreamRules()
        rules.eventID = "/entry"
        self.rules = rules
        var head: TrailHead?
        var lost: String?
        do throws(TrailHeadError) { head = try TrailHead.read(files, headPath) } catch { lost = error.reason }
        let chain = head?.position ?? TrailChain(id: incarnation.description)
        state = Monitor(State(chain: chain, lines: head?.lines ?? [], doubtful: head?.doubtful ?? []))
        if let head, head.pending {
            resume(head)
        } else if let lost {
            restart(lost)
        }
    }

    private func restart(_ reason: String) {
        log.critical(
            "the head of the trail is lost; a new chain begins, which `sluice verify` will name",
            metadata: ["file": "\(headPath)", "reason": "\(reason)"])
        record(TrailEntry(.trailRestarted, by: .gateway, on: headPath.string, reason: reason)) { _ in }
    }

    /// The last lines as they stand in `_trail`, oldest first; those of the lives before included.
    package var recent: [String] { state.withLock { $0.lines } }

    /// Writes one entry behind all that were given before. The completion says whether it is durable, on any thread:
    /// ``WriteFailure/stopping`` once the trail is closed.
    package func record(_ entry: TrailEntry, completion: @escaping @Sendable (WriteFailure?) -> Void) {
        #if SLUICE_CANARIES
            if Canary.isOn(.forgetOrder), entry.action == .zoneHeld { return completion(nil) }
        #endif
        let (closed, starts) = state.withLock { state in
            guard !state.isClosed else { return (true, false) }
            state.queue.append(Pending(entry: entry, completion: completion))
            defer { state.isBusy = true }
            return (false, !state.isBusy)
        }
        if closed { return completion(.stopping) }
        if starts { thread.run { [self] in writeNext() } }
    }

    /// Takes no more entries, and waits as ``drain(deadline:)`` does.
    func close(deadline: MonotonicInstant) {
        state.withLock { $0.isClosed = true }
        drain(deadline: deadline)
    }

    /// Waits until all that was given is written or failed, or until the deadline.
    func drain(deadline: MonotonicInstant) {
        _ = state.wait(until: deadline) { $0.isBusy ? nil : true }
    }

    func stop() { thread.stop() }

    // MARK: On the trail's thread

    private func writeNext() {
        let (next, chain, lines, doubtful) = state.signal { state -> (Pending?, TrailChain, [String], [String]) in
            guard !state.queue.isEmpty else {
                state.isBusy = false
                return (nil, state.chain, [], [])
            }
            return (state.queue.removeFirst(), state.chain, state.lines, state.doubtful)
        }
        guard let next else { return }
        let (line, advanced) = chain.next(next.entry, gateway: gateway, incarnation: incarnation, at: time.now())
        do throws(FileError) {
            try TrailHead(chain: advanced, pending: true, lines: lines + [line], doubtful: doubtful).write(
                files, headPath)
        } catch {
            return finish(next, error.isOutOfSpace ? .full : .failed(error.description))
        }
        append(line, advanced) { [self] failure in
            if failure == nil { adopt(advanced, line) } else { doubt(line) }
            finish(next, failure)
        }
    }

    private func finish(_ pending: Pending, _ failure: WriteFailure?) {
        if let failure {
            log.error(
                "an entry of the trail could not be written",
                metadata: ["action": "\(pending.entry.action.rawValue)", "error": "\(failure)"])
        }
        pending.completion(failure)
        writeNext()
    }

    private func doubt(_ line: String) {
        state.withLock { $0.doubtful = ($0.doubtful + [line]).suffix(TrailHead.linesKept) }
    }

    /// The line is durable: the chain goes on from it.
    private func adopt(_ chain: TrailChain, _ line: String) {
        let lines = state.withLock { state in
            state.chain = chain
            state.doubtful = []
            if state.lines.last != line { state.lines.append(line) }
            state.lines.removeFirst(max(0, state.lines.count - TrailHead.linesKept))
            return state.lines
        }
        written.add()
        do throws(FileError) { try TrailHead(chain: chain, pending: false, lines: lines).write(files, headPath) } catch
        {
            // The journal's batch keys tell as much at the next start.
            log.warning("the head of the trail could not be updated", metadata: ["error": "\(error)"])
        }
    }

    /// The last life died with a line on its way.
    private func resume(_ head: TrailHead) {
        guard let line = head.lines.last else { preconditionFailure("a pending head holds its line") }
        #if SLUICE_CANARIES
            if Canary.isOn(.forgetTrailLine) { return adopt(head.position, line) }
        #endif
        let identity = identity(head.position, line)
        guard case .taken(let there, _) = stream.dedup.withLock({ $0.find(identity.digest) }) else {
            state.withLock { $0.isBusy = true }
            return thread.run { [self] in appendUntilDurable(line, head.position) }
        }
        if there.fingerprint == identity.fingerprint { return adopt(head.position, line) }
        // A write that failed is in the journal after all, since no later one took its place; the line that was on its way then
        // was not written, and nobody was told that it was.
        _ = state.withLock { $0.lines.removeLast() }
        guard let other = head.doubtful?.last(where: { fingerprint(of: $0) == there.fingerprint }) else {
            state.withLock { $0 = State(chain: TrailChain(id: incarnation.description), lines: $0.lines) }
            return restart("entry \(head.number) is in the journal as another than it tells")
        }
        adopt(head.position.with(line: other), other)
    }

    private func appendUntilDurable(_ line: String, _ chain: TrailChain) {
        append(line, chain) { [self] failure in
            switch failure {
            case nil:
                adopt(chain, line)
                writeNext()
            case .stopping: state.signal { $0.isBusy = false }
            case .full, .failed:
                timers.after(.seconds(1)) { [weak self] in
                    guard let self else { return }
                    thread.run { [self] in appendUntilDurable(line, chain) }
                }
            }
        }
    }

    private func append(_ line: String, _ chain: TrailChain, then: @escaping @Sendable (WriteFailure?) -> Void) {
        // An operator must be able to act when the disk is full.
        stream.writer.append(encode(line, chain), claim: .makesRoom) { [self] result in
            thread.run {
                if case .failure(let failure) = result { then(failure) } else { then(nil) }
            }
        }
    }

    private func identity(_ chain: TrailChain, _ line: String) -> BatchIdentity {
        BatchIdentity(
            producer: gateway.rawValue, key: TrailChain.batchKey(chain.id, chain.number),
            fingerprint: fingerprint(of: line))
    }

    private func fingerprint(of line: String) -> PayloadFingerprint { PayloadFingerprint(of: body(line)) }

    private func body(_ line: String) -> BodyBuffer {
        let body = BodyBuffer(capacity: line.utf8.count + 1)
        var text = line + "\n"
        text.withUTF8 { body.append(UnsafeRawBufferPointer($0)) }
        return body
    }

    private func encode(_ line: String, _ chain: TrailChain) -> EncodedBatch {
        do {
            let processed = try encoder.with { encoder throws(PayloadError) in
                try encoder.encode(
                    body(line), format: .ndjson, rules: rules, identity: identity(chain, line), receivedAt: time.now())
            }
            precondition(processed.rejects.isEmpty, "the trail wrote a line that it would refuse")
            return processed.batch
        } catch {
            preconditionFailure("the trail wrote a batch that it would refuse: \(error)")
        }
    }
}
