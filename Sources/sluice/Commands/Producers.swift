import ArgumentParser
import Control

struct Producers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, add and revoke producers and their keys.",
        subcommands: [
            ProducersList.self, ProducersAdd.self, ProducersKey.self, ProducersSet.self, ProducersRevoke.self,
        ],
        defaultSubcommand: ProducersList.self)
}

struct ProducersList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List producers and their keys.")

    @OptionGroup var control: ControlClient

    func run() throws {
        try control.show("GET", "/v1/producers", as: ProducersDocument.self) { list in
            var table = TextTable("PRODUCER", "STREAMS", "EVENTS/S", "BYTES/S", "KEYS")
            for producer in list.producers {
                table.add(
                    producer.name, producer.streams.joined(separator: " "),
                    producer.events_per_second.map { Words.count($0) } ?? "-",
                    producer.bytes_per_second.map { Words.count($0) } ?? "-", KeyWords.list(producer.keys))
            }
            print(list.producers.isEmpty ? "no producer has a key yet; see `sluice producers add`" : table.text)
        }
    }
}

struct ProducersAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a producer, and show its key once.",
        discussion: "The key goes to standard output alone, so that it can go into a file or a secret store.")

    @Argument(help: "Its name: it stands in every line that it sends.")
    var name: String

    @Option(name: .customLong("stream"), help: "A stream that it may send to; may be given again. (default: all)")
    var streams: [String] = []

    @Option(help: "Events per second, on average.")
    var eventsPerSecond: Int?

    @Option(help: "Bytes of bodies per second, on average.")
    var bytesPerSecond: Int?

    @OptionGroup var terms: KeyTerms
    @OptionGroup var control: ControlClient

    func run() throws {
        var body = terms.body
        body["name"] = name
        body["streams"] = streams.isEmpty ? ["*"] : streams
        body["events_per_second"] = eventsPerSecond
        body["bytes_per_second"] = bytesPerSecond
        try control.show("POST", "/v1/producers", body, as: NewKeyDocument.self, KeyWords.show)
    }
}

struct ProducersKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Give a producer a further key, to replace one without a gap.",
        discussion:
            "Hand the new key over, see it used, then revoke the old one: sluice producers revoke NAME --key ID.")

    @Argument(help: "The producer's name.")
    var name: String

    @OptionGroup var terms: KeyTerms
    @OptionGroup var control: ControlClient

    func run() throws {
        try control.show(
            "POST", "/v1/producers/\(ControlClient.segment(name))/keys", terms.body, as: NewKeyDocument.self,
            KeyWords.show)
    }
}

struct ProducersSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change what a producer may send; in force from the next request on.")

    @Argument(help: "The producer's name.")
    var name: String

    @Option(
        name: .customLong("stream"), help: "A stream that it may send to, instead of those so far; may be given again.")
    var streams: [String] = []

    @Option(help: "Events per second, on average; 0 for no limit.")
    var eventsPerSecond: Int?

    @Option(help: "Bytes of bodies per second, on average; 0 for no limit.")
    var bytesPerSecond: Int?

    @Option(help: "Why; it goes into the trail.")
    var reason: String?

    @OptionGroup var control: ControlClient

    func run() throws {
        var body: [String: any Encodable & Sendable] = [:]
        if !streams.isEmpty { body["streams"] = streams }
        if let rate = eventsPerSecond {
            body.updateValue(rate == 0 ? Int?.none : Int?.some(rate), forKey: "events_per_second")
        }
        if let rate = bytesPerSecond {
            body.updateValue(rate == 0 ? Int?.none : Int?.some(rate), forKey: "bytes_per_second")
        }
        body["reason"] = reason
        try control.show(
            "PATCH", "/v1/producers/\(ControlClient.segment(name))", body, as: ProducerDocument.self
        ) { print("\($0.name) may send to \($0.streams.joined(separator: " "))") }
    }
}

struct ProducersRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a producer with all its keys, or one key.",
        discussion: "Holds from the next request on.")

    @Argument(help: "The producer's name.")
    var name: String

    @Option(help: "Only this key, by its id.")
    var key: String?

    @Option(help: "Why; it goes into the trail.")
    var reason: String?

    @OptionGroup var control: ControlClient

    func run() throws { try KeyWords.revoke("producers", name, key, reason, control) }
}
