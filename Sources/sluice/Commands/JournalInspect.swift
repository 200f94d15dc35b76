import ArgumentParser
import Files
import Journal
import Model
import Payload
import SystemPackage

/// The journal directory and stream that the `journal` commands look at.
struct JournalPlace: ParsableArguments {
    @Argument(help: "The journal directory.")
    var directory = "var/journal"

    @Option(help: "Only this stream.")
    var stream: String?

    /// Runs `body`, and says plainly why the journal can't be read.
    func survey<R>(_ body: (JournalSurvey<LinuxFileSystem>, StreamName?) throws -> R) throws -> R {
        let name = try stream.map { text in
            guard let name = StreamName(text) else { throw ValidationError("\(text) is no stream name") }
            return name
        }
        do {
            return try body(JournalSurvey(files: LinuxFileSystem(), directory: FilePath(directory)), name)
        } catch let error as FileError {
            print("sluice journal: \(error)", to: &StandardError.shared)
            throw ExitCode(2)
        }
    }
}

struct JournalInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "List the segments (state, sequences, events, bytes) and the key logs.")

    @OptionGroup var place: JournalPlace

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let rows = try place.survey(SegmentRow.all)
        if json { return print(try prettyJSON(rows)) }
        for row in rows { print(row.text) }
        let segments = rows.filter { !$0.isKeyLog }
        print(
            "\(segments.count) segments, \(segments.reduce(0) { $0 + $1.events }) events, \(segments.reduce(0) { $0 + $1.bytes }) bytes not yet landed"
        )
    }
}

struct JournalVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every block's checksum, every seal and every key log.",
        discussion: "Exit status: 0 sound, 1 damaged, 2 it could not be read.")

    @OptionGroup var place: JournalPlace

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let rows = try place.survey(SegmentRow.all)
        let damaged = rows.filter { !$0.faults.isEmpty }
        if json {
            print(try prettyJSON(rows))
        } else {
            for row in damaged { for fault in row.faults { print("\(row.file): \(fault)") } }
            for row in rows where row.isKeyLog && row.tail_bytes > 0 { print("note: \(row.text)") }
            let segments = rows.count { !$0.isKeyLog }
            let found = "\(segments) segments, \(rows.count - segments) key logs"
            print(damaged.isEmpty ? "sound: \(found)" : "\(damaged.count) of \(found) are damaged")
        }
        if !damaged.isEmpty { throw ExitCode(1) }
    }
}

struct JournalExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the lines of all sound blocks, for when nothing else can land them.")

    @OptionGroup var place: JournalPlace

    func run() throws {
        try place.survey { survey, stream in
            _ = try survey.segments(of: stream) { _, _, bytes in
                let text = try Block.read(bytes).decompressed()
                try FileDescriptor.standardOutput.writeAll(text.bytes)
            }
        }
    }
}
