import Synchronization

/// The worlds that run at this moment. Should the process fall, by a precondition of the code under test, one of them did it.
package enum UnderWay {
    private static let trials = Mutex<[UInt64: Trial]>([:])

    static func begin(_ trial: Trial) { trials.withLock { $0[trial.seed] = trial } }
    static func end(_ trial: Trial) { _ = trials.withLock { $0.removeValue(forKey: trial.seed) } }

    /// The arguments of each; of none where another thread is just changing the list, as a signal handler must not wait.
    package static var arguments: [String] { trials.withLockIfAvailable { $0.values.map(\.arguments) } ?? [] }
}
