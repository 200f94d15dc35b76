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
        commandName: "inspect", abstract: "List the segments: state, sequences, events, bytes.")

    @OptionGroup var place: JournalPlace

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let rows = try place.survey { survey, stream in try survey.segments(of: stream).map(SegmentRow.init) }
        if json { return print(try prettyJSON(rows)) }
        for row in rows { print(row.text) }
        print(
            "\(rows.count) segments, \(rows.reduce(0) { $0 + $1.events }) events, \(rows.reduce(0) { $0 + $1.bytes }) bytes not yet landed"
        )
    }
}

struct JournalVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every block's checksum and every seal.",
        discussion: "Exit status: 0 sound, 1 damaged, 2 it could not be read.")

    @OptionGroup var place: JournalPlace

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let rows = try place.survey { survey, stream in try survey.segments(of: stream).map(SegmentRow.init) }
        let damaged = rows.filter { !$0.faults.isEmpty }
        if json {
            print(try prettyJSON(rows))
        } else {
            for row in damaged { for fault in row.faults { print("\(row.file): \(fault)") } }
            print(
                damaged.isEmpty
                    ? "sound: \(rows.count) segments" : "\(damaged.count) of \(rows.count) segments are damaged")
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
