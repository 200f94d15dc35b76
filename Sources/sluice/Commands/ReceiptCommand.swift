import ArgumentParser
import Control

struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Say what became of a batch.",
        discussion: "Exit status: 0 known, 1 not known here, 2 not reached.")

    @Argument(help: "The stream.")
    var stream: String

    @Argument(help: "The batch's Idempotency-Key, or the key in its receipt.")
    var batchKey: String

    @Option(help: "Who sent it.")
    var producer = "anonymous"

    @OptionGroup var control: ControlClient

    func run() throws {
        let path =
            "/v1/receipts/\(ControlClient.segment(stream))/\(ControlClient.segment(batchKey))"
            + "?producer=\(ControlClient.segment(producer))"
        try control.show("GET", path, as: ReceiptDocument.self) { receipt in
            print("\(receipt.durability): \(receipt.events.accepted) of \(receipt.events.received) events accepted")
            if let place = receipt.sequence {
                print("sequences \(place.first) to \(place.last) of \(place.gateway)/\(place.incarnation)")
            }
            if let object = receipt.object { print("object \(object)") }
            for rejection in receipt.rejected { print("event \(rejection.index) quarantined: \(rejection.reason)") }
        }
    }
}
