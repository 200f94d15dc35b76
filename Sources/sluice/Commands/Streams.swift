import ArgumentParser
import Control

struct Streams: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the streams: mode, zone, what is journaled and what has not landed.")

    @OptionGroup var control: ControlClient

    func run() throws {
        try control.show("GET", "/v1/streams", as: StreamsDocument.self) { print(StatusPage.table($0.streams)) }
    }
}
