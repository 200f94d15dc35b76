package import Files
package import Model
package import SystemPackage

/// Why the journal could not do something: what, where, and the kernel's errno where there is one.
package struct JournalError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// Another process holds the journal.
        case locked
        /// No room; nothing was written. The same call works once space returns.
        case full
        /// A write or sync failed: what it was for may or may not survive a crash, and was not acknowledged.
        case failed
        /// A segment that was landed or sealed is not what its sidecar says.
        case damaged
    }

    package var code: Code
    package var detail: String
    package var stream: StreamName?
    package var path: FilePath?
    package var underlying: FileError?

    package init(
        _ code: Code, _ detail: String, stream: StreamName? = nil, path: FilePath? = nil, _ underlying: FileError? = nil
    ) {
        self.code = code
        self.detail = detail
        self.stream = stream
        self.path = path
        self.underlying = underlying
    }

    package var isOutOfSpace: Bool { code == .full }

    package var description: String {
        [stream.map { "stream \($0)" }, detail, path?.string, underlying?.description]
            .compactMap(\.self).joined(separator: ": ")
    }
}
