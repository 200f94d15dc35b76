import ArgumentParser
import Audit
import Model

/// What is asked of the streams' completeness.
struct CompletenessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A gateway's life whose journal is gone for good: it holds no stream back any more.",
            valueName: "gateway/incarnation"))
    var writtenOff: [GatewayLife] = []

    @Option(
        help:
            "Name what keeps a stream from being complete through so many seconds ago. A healthy gateway lands a position every few seconds."
    )
    var lag = AuditOptions.lagSeconds

    func validate() throws {
        guard (0...31_536_000).contains(lag) else {
            throw ValidationError("--lag must be from 0 to a year of seconds.")
        }
    }

    func apply(to options: inout AuditOptions) {
        options.writtenOff = Set(writtenOff)
        options.expectedThrough = AuditOptions.ago(seconds: lag)
    }
}
