import Files
import Landing
import Model
import Simulation

/// The bucket as one life of a gateway reaches it, over a link with weather: requests and replies take time and get lost, and
/// what was stored stays stored whether or not anybody hears of it.
final class LinkedStore: ObjectStore, @unchecked Sendable {
    // SAFETY: a world is one task, and nothing of it runs beside another part.
    typealias Created = @Sendable (CreateOutcome) -> Void

    var createsOnlyByConstruction: Bool { false }

    private let bucket: Bucket
    private let link: Link
    private let life: LifeSteps
    private let files: SimulatedFileSystem
    private var waiting: [Int: (name: String, completion: Created)] = [:]
    private var nextRequest = 0
    private let betrayal: Betrayal?
    /// Takes down what goes wrong with an object on its way, for people.
    private let note: (String) -> Void
    /// Called with every object that the gateway sends.
    private let onSend: (NewObject) -> Void
    /// As long as the S3 client's stall limit.
    private let patience: Duration = .seconds(15)

    init(
        _ bucket: Bucket, _ link: Link, _ life: LifeSteps, _ files: SimulatedFileSystem, _ betrayal: Betrayal?,
        note: @escaping (String) -> Void, onSend: @escaping (NewObject) -> Void
    ) {
        self.betrayal = betrayal
        self.note = note
        self.onSend = onSend
        self.bucket = bucket
        self.link = link
        self.life = life
        self.files = files
    }

    func create(_ object: NewObject, completion: @escaping Created) {
        onSend(object)
        let request = nextRequest
        nextRequest += 1
        let name = object.name
        waiting[request] = (name, life.whileAlive(completion))
        life.later(after: min(object.patience ?? patience, patience)) { [self] in
            answer(request, .unknown(StoreFailure(.unreachable, "timed out")))
        }
        if link.losesRequest { return note("the request for \(name) is lost") }
        // Opened when it is sent, read while it is sent: a process that dies in between has sent half of it, which is nothing.
        let file: SimulatedFile?
        switch object.body {
        case .bytes: file = nil
        case .file(let path):
            guard let opened = try? files.open(path, .read) else {
                return answer(request, .refused(StoreFailure(.corrupt, "can't be read")))
            }
            file = opened
        }
        link.later(after: link.delay) { [self] in
            // Cut while the body is under way: half of it is nothing.
            if link.weather == .cut || link.weather == .deaf { return note("the request for \(name) is cut off") }
            guard life.isAlive, let bytes = body(of: object, file), SHA256.hash(bytes) == object.sha256 else {
                return answer(request, .refused(StoreFailure(.corrupt, "the body is not what was announced")))
            }
            if let later = link.straysFor {
                note("the request for \(name) strays, for \(later.shown)")
                link.later(after: later) { [self] in _ = arrive(object, bytes) }
                if link.chance(2) { return }
            }
            let outcome = arrive(object, bytes)
            if link.losesReply { return note("the answer on \(name) is lost: \(outcome)") }
            life.later(after: link.delay) { [self] in answer(request, outcome) }
        }
    }

    func interrupt() {
        for request in waiting.keys.sorted() { answer(request, .unknown(StoreFailure(.unreachable, "cut off"))) }
    }

    func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        ask({ .failed($0) }, completion) { [bucket] in
            guard let bytes = bucket.objects[name] else { return .absent }
            return .present(length: Int64(bytes.count), sha256: SHA256.hash(bytes))
        }
    }

    func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        ask({ .failed($0) }, completion) { [bucket] in
            bucket.objects[name].map { .bytes(Array($0.prefix(count))) } ?? .absent
        }
    }

    private func body(of object: NewObject, _ file: SimulatedFile?) -> [UInt8]? {
        if case .bytes(let bytes) = object.body { return bytes }
        var bytes = [UInt8](repeating: 0, count: Int(object.length))
        let count = try? bytes.withUnsafeMutableBytes { buffer in
            try file?.read(into: buffer, at: 0)
        }
        return count == bytes.count ? bytes : nil
    }

    /// What the zone does with a request that reached it.
    private func arrive(_ object: NewObject, _ bytes: [UInt8]) -> CreateOutcome {
        let name = object.name
        switch link.weather {
        case .failing where link.chance(2): return .unknown(StoreFailure(.broken, "500"))
        case .throttling: return .unknown(StoreFailure(.throttled, "503 SlowDown", retryAfter: .seconds(2)))
        case .denying: return .refused(StoreFailure(.denied, "403 ExpiredToken"))
        case .conflicting: return betrayal == .conflictAsSame ? .same : .conflict
        default: break
        }
        if betrayal == .forgetsObjects, link.chance(50) { return .created }
        if betrayal == .overwrites {
            bucket.overwrite(name, bytes)
            return .created
        }
        #if SLUICE_CANARIES
            if object.overwrites {
                bucket.overwrite(name, bytes)
                return .created
            }
        #endif
        let answer = bucket.create(name, bytes)
        if link.weather == .failing { return .unknown(StoreFailure(.broken, "500")) }
        switch answer {
        case .created: return .created
        case .taken(let there): return there == bytes ? .same : .different
        }
    }

    private func answer(_ request: Int, _ outcome: CreateOutcome) {
        guard let (name, completion) = waiting.removeValue(forKey: request), life.isAlive else { return }
        if outcome != .created { note("\(name): \(outcome)") }
        completion(outcome)
    }

    /// A question that changes nothing.
    private func ask<Outcome: Sendable>(
        _ failed: @escaping @Sendable (StoreFailure) -> Outcome, _ completion: @escaping @Sendable (Outcome) -> Void,
        _ look: @escaping @Sendable () -> Outcome
    ) {
        if link.losesRequest || link.losesReply {
            return life.later(after: patience) { completion(failed(StoreFailure(.unreachable, "timed out"))) }
        }
        switch link.weather {
        case .failing, .throttling, .denying:
            life.later(after: link.delay) { completion(failed(StoreFailure(.broken, "refused"))) }
        default: life.later(after: link.delay + link.delay) { completion(look()) }
        }
    }
}
