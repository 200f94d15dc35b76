import Files
import Landing
import Synchronization

/// A directory store that can be told to misbehave.
final class MischievousStore: ObjectStore {
    enum Mood: Sendable {
        case well
        /// Creates the object, but gives no answer that proves it, this many times.
        case silent(Int)
        /// Creates and shows nothing.
        case refusing
        /// Says each time that somebody else is creating it.
        case busy
        /// Can't be read.
        case unreadable
        /// Creates, and answers once it is well again.
        case slow
        /// Creates, and gives no answer that proves it once it is well again.
        case mute
    }

    private let store: DirectoryStore<LinuxFileSystem>
    private let mood = Mutex(Mood.well)
    private let held = Mutex<[@Sendable () -> Void]>([])

    init(_ store: DirectoryStore<LinuxFileSystem>) { self.store = store }

    var createsOnlyByConstruction: Bool { true }

    func set(_ next: Mood) {
        mood.withLock { $0 = next }
        let answers = held.withLock { held in
            defer { held = [] }
            return held
        }
        for answer in answers { answer() }
    }

    func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void) {
        let now = mood.withLock { mood in
            defer { if case .silent(let left) = mood { mood = left > 1 ? .silent(left - 1) : .well } }
            return mood
        }
        switch now {
        case .well, .unreadable: store.create(object, completion: completion)
        case .silent:
            store.create(object) { _ in completion(.unknown(StoreFailure(.unreachable, "the connection was reset"))) }
        case .slow:
            store.create(object) { [self] outcome in hold { completion(outcome) } }
        case .mute:
            store.create(object) { [self] _ in
                hold { completion(.unknown(StoreFailure(.unreachable, "the connection was reset"))) }
            }
        case .busy: completion(.conflict)
        case .refusing: completion(.refused(StoreFailure(.denied, "access denied")))
        }
    }

    /// Answers once the mood is another, which it may be by now.
    private func hold(_ answer: @escaping @Sendable () -> Void) {
        let isOver = held.withLock { held in
            switch mood.withLock({ $0 }) {
            case .slow, .mute:
                held.append(answer)
                return false
            default: return true
            }
        }
        if isOver { answer() }
    }

    func interrupt() {}

    func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        store.inspect(name, completion: completion)
    }

    func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        switch mood.withLock({ $0 }) {
        case .refusing: return completion(.failed(StoreFailure(.denied, "access denied")))
        case .unreadable: return completion(.failed(StoreFailure(.unreachable, "the connection was reset")))
        case .well, .silent, .busy, .slow, .mute: break
        }
        store.readPrefix(name, count: count, completion: completion)
    }
}
