package import Files
package import Model
import Synchronization
package import SystemPackage

/// Who may send and who may steer: the access file, and what is looked up in it. Any thread.
///
/// A look-up takes the key's id (no secret) to find the record, and compares hashes in constant time. For an unknown id
/// it compares with a hash that nothing has, so unknown and wrong take the same work and get the same answer.
package final class AccessBook<FS: FileSystem, Time: TimeSource>: Doorkeeper {
    private struct State {
        var roll: AccessRoll
        var producerKeys: [String: (record: KeyRecord, pass: ProducerPass)] = [:]
        var operatorKeys: [String: (record: KeyRecord, name: PrincipalName, role: OperatorRole)] = [:]
        /// Kept over changes, so that a change of keys or streams does not refill a quota.
        var meters: [PrincipalName: QuotaMeter] = [:]
    }

    private let files: FS
    private let path: FilePath
    private let time: Time
    private let quotaWindow: Duration
    private let state: Mutex<State>
    /// Held while a change is saved, so that look-ups never wait for a disk.
    private let saving = Mutex(())
    private let editions = Atomic<UInt64>(0)

    /// Opens the book; a missing file is an empty book.
    ///
    /// - Parameter quotaWindow: how much of its rate a producer may use at once.
    package init(
        files: FS, path: FilePath, time: Time, quotaWindow: Duration = .seconds(10)
    ) throws(AccessError) {
        self.files = files
        self.path = path
        self.time = time
        self.quotaWindow = quotaWindow
        let roll = try AccessBook.read(files, path)
        var state = State(roll: roll)
        AccessBook.index(roll, &state, quotaWindow, time.monotonic())
        self.state = Mutex(state)
    }

    // MARK: Looking up

    package var edition: UInt64 { editions.load(ordering: .acquiring) }

    package func admit(authorization: String?, now: Timestamp) -> Admittance? {
        guard let key = authorization.flatMap({ AccessKey(authorization: $0) }), key.kind == .producer else {
            return nil
        }
        let found = state.withLock { $0.producerKeys[key.id] }
        guard isHeld(key, by: found?.record, now), let found else { return nil }
        return Admittance(pass: found.pass, expiresAt: found.record.expiresAt)
    }

    /// Which operator's key this is; `nil` as in ``admit(authorization:now:)``.
    package func identify(authorization: String?, now: Timestamp) -> OperatorIdentity? {
        guard let key = authorization.flatMap({ AccessKey(authorization: $0) }), key.kind == .operator else {
            return nil
        }
        let found = state.withLock { $0.operatorKeys[key.id] }
        guard isHeld(key, by: found?.record, now), let found else { return nil }
        return OperatorIdentity(name: found.name, role: found.role, keyID: key.id)
    }

    package var producers: [ProducerRecord] {
        state.withLock { $0.roll.producers.values.sorted { $0.name < $1.name } }
    }
    package var operators: [OperatorRecord] {
        state.withLock { $0.roll.operators.values.sorted { $0.name < $1.name } }
    }

    /// Whether some admin has a valid key.
    package var hasAdmin: Bool { state.withLock { $0.roll.hasAdmin(time.now()) } }

    private func isHeld(_ key: AccessKey, by record: KeyRecord?, _ now: Timestamp) -> Bool {
        let nobody = [UInt8](repeating: 0, count: 32)
        let matches = equalInConstantTime(key.sha256, record?.sha256 ?? nobody)
        return matches && !(record?.isExpired(now) ?? true)
    }

    // MARK: Changing

    /// Adds a producer with its first key, of which only the hash is kept.
    package func addProducer(
        _ name: PrincipalName, streams: StreamGrant, quota: Quota, key: AccessKey, expiresAt: Timestamp?
    ) throws(AccessError) {
        try change { (roll) throws(AccessError) in
            try roll.add(
                ProducerRecord(name: name, streams: streams, quota: quota, keys: [record(key, .producer, expiresAt)]))
        }
    }

    package func addOperator(
        _ name: PrincipalName, role: OperatorRole, key: AccessKey, expiresAt: Timestamp?
    ) throws(AccessError) {
        try change { (roll) throws(AccessError) in
            try roll.add(OperatorRecord(name: name, role: role, keys: [record(key, .operator, expiresAt)]))
        }
    }

    /// A further key for a producer; the ones it has stay valid until they are revoked.
    package func add(_ key: AccessKey, toProducer name: PrincipalName, expiresAt: Timestamp?) throws(AccessError) {
        try change { (roll) throws(AccessError) in
            try roll.addKey(record(key, .producer, expiresAt), toProducer: name, now: time.now())
        }
    }

    package func add(_ key: AccessKey, toOperator name: PrincipalName, expiresAt: Timestamp?) throws(AccessError) {
        try change { (roll) throws(AccessError) in
            try roll.addKey(record(key, .operator, expiresAt), toOperator: name, now: time.now())
        }
    }

    package func changeProducer(
        _ name: PrincipalName, streams: StreamGrant?, quota: Quota?
    ) throws(AccessError) -> ProducerRecord {
        try change { (roll) throws(AccessError) in try roll.change(producer: name, streams: streams, quota: quota) }
    }

    /// Revokes one key, or with `nil` the producer with all its keys. Holds from the next request on.
    package func revoke(producer name: PrincipalName, key id: String?) throws(AccessError) {
        try change { (roll) throws(AccessError) in try roll.revoke(producer: name, key: id) }
    }

    package func revoke(operator name: PrincipalName, key id: String?) throws(AccessError) {
        try change { (roll) throws(AccessError) in try roll.revoke(operator: name, key: id, now: time.now()) }
    }

    /// Reads the file again. When it is faulty, what was read before stays in force.
    package func reload() throws(AccessError) {
        try saving.withLock { (_) throws(AccessError) in adopt(try AccessBook.read(files, path)) }
    }

    private func record(_ key: AccessKey, _ kind: AccessKey.Kind, _ expiresAt: Timestamp?) -> KeyRecord {
        precondition(key.kind == kind, "a key of the other kind")
        return KeyRecord(id: key.id, sha256: key.sha256, createdAt: time.now(), expiresAt: expiresAt)
    }

    /// Makes the change durable first, then visible.
    private func change<R: Sendable>(
        _ body: (inout AccessRoll) throws(AccessError) -> R
    ) throws(AccessError) -> R {
        try saving.withLock { (_) throws(AccessError) in
            var roll = state.withLock { $0.roll }
            let result = try body(&roll)
            do throws(FileError) { try files.replace(path, with: AccessDocument(roll).encoded) } catch {
                throw .notSaved(file: path.string, reason: error.description)
            }
            adopt(roll)
            return result
        }
    }

    private func adopt(_ roll: AccessRoll) {
        state.withLock { state in
            state.roll = roll
            AccessBook.index(roll, &state, quotaWindow, time.monotonic())
        }
        editions.wrappingAdd(1, ordering: .releasing)
    }

    private static func index(
        _ roll: AccessRoll, _ state: inout State, _ window: Duration, _ now: MonotonicInstant
    ) {
        state.producerKeys = [:]
        state.operatorKeys = [:]
        var meters: [PrincipalName: QuotaMeter] = [:]
        for producer in roll.producers.values {
            var meter: QuotaMeter?
            if !producer.quota.isUnlimited {
                let kept = state.meters[producer.name].flatMap { $0.quota == producer.quota ? $0 : nil }
                meter = kept ?? QuotaMeter(producer.quota, window: window, now: now)
                meters[producer.name] = meter
            }
            let pass = ProducerPass(name: producer.name, streams: producer.streams, meter: meter)
            for key in producer.keys { state.producerKeys[key.id] = (key, pass) }
        }
        state.meters = meters
        for person in roll.operators.values {
            for key in person.keys { state.operatorKeys[key.id] = (key, person.name, person.role) }
        }
    }

    private static func read(_ files: FS, _ path: FilePath) throws(AccessError) -> AccessRoll {
        let bytes: [UInt8]?
        do throws(FileError) { bytes = try files.contents(of: path) } catch {
            throw .unreadable(file: path.string, reason: error.description)
        }
        guard let bytes else { return AccessRoll() }
        do throws(FileError) { try files.settle(path) } catch {
            throw .notDurable(file: path.string, reason: error.description)
        }
        switch AccessDocument.decode(bytes) {
        case .success(let roll): return roll
        case .failure(let flaw): throw .unreadable(file: path.string, reason: flaw.reason)
        }
    }
}
