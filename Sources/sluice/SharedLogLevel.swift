import Logging
import Synchronization

/// The least level that is logged, for all loggers at once: it can be changed while the gateway runs.
final class SharedLogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    init(_ level: Logger.Level) { self.level = Mutex(level) }

    var value: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }

    /// A logger on standard error that obeys this level.
    func logger(label: String) -> Logger {
        Logger(label: label) { Handler(base: StreamLogHandler.standardError(label: $0), shared: self) }
    }

    private struct Handler: LogHandler {
        var base: StreamLogHandler
        let shared: SharedLogLevel

        var metadata: Logger.Metadata {
            get { base.metadata }
            set { base.metadata = newValue }
        }
        /// A logger may be told another level of its own, but never a lower one than the shared.
        private var own: Logger.Level?
        var logLevel: Logger.Level {
            get { own.map { max($0, shared.value) } ?? shared.value }
            set { own = newValue }
        }

        init(base: StreamLogHandler, shared: SharedLogLevel) {
            self.base = base
            self.base.logLevel = .trace
            self.shared = shared
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { base[metadataKey: key] }
            set { base[metadataKey: key] = newValue }
        }

        func log(event: LogEvent) { base.log(event: event) }
    }
}
