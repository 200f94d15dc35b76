package import Files
package import Model
import Synchronization
package import SystemPackage

/// A gateway's journal directory, held by one process at a time.
package final class Journal<FS: FileSystem>: Sendable {
    private let files: FS
    private let directory: FilePath
    private let configuration: JournalConfiguration
    private let gateway: GatewayName
    private let incarnation: Incarnation
    private let lock: Mutex<FS.File?>
    private let reserve: SpaceReserve<FS>

    /// Creates the directory if need be and takes its lock.
    package init(
        files: FS, directory: FilePath, configuration: JournalConfiguration, gateway: GatewayName,
        incarnation: Incarnation
    ) throws(JournalError) {
        self.files = files
        self.directory = directory
        self.configuration = configuration
        self.gateway = gateway
        self.incarnation = incarnation
        reserve = SpaceReserve(files: files, directory: directory)
        do throws(FileError) {
            try files.createDirectories(directory)
            lock = Mutex(try files.lock(directory.child("lock")))
        } catch {
            if error.errno == .wouldBlock {
                throw JournalError(
                    .locked, "another process holds this journal; stop it, or set another journal.directory",
                    path: directory, error)
            }
            throw JournalError(.failed, "the journal directory can't be used", path: directory, error)
        }
    }

    /// Lets another process, or another life, take the journal. Nothing may be written to it any more.
    package func close() { lock.withLock { $0 = nil } }

    /// Names of the streams that have a journal here.
    package func streams() throws(JournalError) -> [StreamName] {
        do throws(FileError) {
            var streams: [StreamName] = []
            for name in try files.list(directory) where name != "damaged" {
                guard let stream = StreamName(name),
                    try files.statusIfThere(directory.child(name))?.isDirectory == true
                else { continue }
                streams.append(stream)
            }
            return streams
        } catch { throw JournalError(.failed, "the journal can't be listed", path: directory, error) }
    }

    /// Recovers a stream's journal and opens it for this incarnation. `onEntry` gets every remembered batch, oldest first.
    package func open(
        _ stream: StreamName, configuration own: JournalConfiguration? = nil, now: Timestamp,
        onEntry: (BatchEntry, Incarnation, UInt64) -> Void
    ) throws(JournalError) -> (StreamJournal<FS>, RecoveryReport) {
        let configuration = own ?? self.configuration
        let paths = StreamPaths(journal: directory, stream: stream)
        do throws(FileError) {
            try reserve.spending { () throws(FileError) in try files.createDirectories(paths.directory) }
            // Entries come again when recovery runs a second time, after the reserve was given up: the index takes that.
            var (keyLog, report) = try reserve.spending { () throws(FileError) in
                var keyLog = KeyLog(files: files, directory: paths.keys, configuration: configuration)
                var landed: [LandedSegment] = []
                let keyDamages = try keyLog.load(now: now, onEntry: onEntry) { landed.append($0) }
                let retired = keyLog.retired
                var recovery = Recovery(files: files, paths: paths, stream: stream, gateway: gateway, retired: retired)
                var report = try recovery.run(onEntry)
                report.keyDamages = keyDamages
                report.landed = landed
                report.retired = retired
                return (keyLog, report)
            }
            // Only now: should recovery end half way, the next one is to decide by the same. What can't be removed now is removed
            // later.
            try? reserve.spending { () throws(FileError) in try keyLog.expire(now: now, lives: nil) }
            reserve.restore()
            let journal = StreamJournal(
                files: files, paths: paths, configuration: configuration, stream: stream, gateway: gateway,
                incarnation: incarnation, keyLog: keyLog, reserve: reserve,
                lives: report.unread.union(report.ends.keys).union([incarnation]),
                heldBytes: (report.sealed + report.damagedSealed).reduce(0) { $0 + $1.length })
            return (journal, report)
        } catch {
            throw JournalError(
                error.isOutOfSpace ? .full : .failed, "the journal could not be recovered", stream: stream,
                path: paths.directory, error)
        }
    }
}
