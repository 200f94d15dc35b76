import Foundation
import Model
import Simulation
import Synchronization
import Testing

@testable import AWS

@Suite struct SharingARefresh {
    /// Answers when told to.
    private final class HeldSource: CredentialSource {
        typealias Completion = @Sendable (Result<Credentials, CredentialError>) -> Void
        private let asked = Mutex<[Completion]>([])
        private let times = Atomic<Int>(0)
        var count: Int { times.load(ordering: .sequentiallyConsistent) }

        func credentials(completion: @escaping Completion) {
            asked.withLock { $0.append(completion) }
            times.add(1, ordering: .sequentiallyConsistent)
        }

        func invalidate(_ refused: Credentials) {}

        func answer(_ result: Result<Credentials, CredentialError>) {
            let waiting = asked.withLock { asked in
                defer { asked = [] }
                return asked
            }
            for completion in waiting { completion(result) }
        }
    }

    private func credentials(_ key: String) -> Credentials {
        Credentials(accessKeyID: key, secretAccessKey: Secret("s"), source: "test")
    }

    @Test("a hundred callers on many threads share one refresh, and each is called back once")
    func singleFlight() {
        let source = HeldSource()
        let observed = Atomic<Int>(0)
        let cached = CachedCredentials(
            source, time: SimulatedTime(), observe: { _ in observed.add(1, ordering: .sequentiallyConsistent) })
        let answers = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 100) { _ in
            cached.credentials { result in
                answers.withLock { $0.append((try? result.get())?.accessKeyID ?? "none") }
            }
        }
        #expect(source.count == 1)
        #expect(answers.withLock(\.count) == 0)
        source.answer(.success(credentials("one")))
        #expect(answers.withLock { $0 } == [String](repeating: "one", count: 100))
        #expect(observed.load(ordering: .sequentiallyConsistent) == 1)
        #expect(cached.ask() == .success(credentials("one")))
        #expect(source.count == 1)
    }

    @Test("a failure goes to all who waited, and to nobody who comes after the next success")
    func failure() {
        let time = SimulatedTime()
        let source = HeldSource()
        let cached = CachedCredentials(source, time: time, jitter: { 1 })
        let error = CredentialError(.refused, "no", advice: "ask")
        let failures = Atomic<Int>(0)
        for _ in 0..<3 {
            cached.credentials { if case .failure(error) = $0 { failures.add(1, ordering: .sequentiallyConsistent) } }
        }
        source.answer(.failure(error))
        #expect(failures.load(ordering: .sequentiallyConsistent) == 3)
        #expect(cached.error() == error)
        #expect(source.count == 1)
        time.advance(by: .seconds(1))
        let answer = Mutex<Credentials?>(nil)
        cached.credentials { result in answer.withLock { $0 = try? result.get() } }
        source.answer(.success(credentials("two")))
        #expect(answer.withLock { $0 } == credentials("two"))
    }

    @Test("a refused key is looked up anew: an operator's new keys in the file are found")
    func newKeysInTheFile() {
        let time = SimulatedTime()
        struct FileSource: CredentialSource {
            let key: @Sendable () -> String
            func credentials(completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void) {
                completion(
                    .success(Credentials(accessKeyID: key(), secretAccessKey: Secret("s"), source: "test")))
            }
            func invalidate(_ refused: Credentials) {}
        }
        let shared = SharedKey()
        let cached = CachedCredentials(FileSource { shared.key.withLock { $0 } }, time: time)
        #expect((try? cached.ask().get())?.accessKeyID == "OLD")
        shared.key.withLock { $0 = "NEW" }
        time.advance(by: .seconds(60))
        #expect((try? cached.ask().get())?.accessKeyID == "OLD")
        cached.invalidate(Credentials(accessKeyID: "OLD", secretAccessKey: Secret("s"), source: "test"))
        #expect((try? cached.ask().get())?.accessKeyID == "NEW")
    }

    private final class SharedKey: Sendable { let key = Mutex("OLD") }
}
