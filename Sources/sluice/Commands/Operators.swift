import ArgumentParser
import Control

struct Operators: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, add and revoke operators and their keys. For admins.",
        subcommands: [OperatorsList.self, OperatorsAdd.self, OperatorsKey.self, OperatorsRevoke.self],
        defaultSubcommand: OperatorsList.self)
}

struct OperatorsList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List operators and their keys.")

    @OptionGroup var control: ControlClient

    func run() throws {
        try control.show("GET", "/v1/operators", as: OperatorsDocument.self) { list in
            var table = TextTable("OPERATOR", "ROLE", "KEYS")
            for person in list.operators { table.add(person.name, person.role, KeyWords.list(person.keys)) }
            print(table.text)
        }
    }
}

struct OperatorsAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an operator, and show its key once.")

    @Argument(help: "The operator's name: it stands in the trail.")
    var name: String

    @Option(help: "viewer (looks), operator (steers, manages producers) or admin (manages operators).")
    var role: String

    @OptionGroup var terms: KeyTerms
    @OptionGroup var control: ControlClient

    func run() throws {
        var body = terms.body
        body["name"] = name
        body["role"] = role
        try control.show("POST", "/v1/operators", body, as: NewKeyDocument.self, KeyWords.show)
    }
}

struct OperatorsKey: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "key", abstract: "Give an operator a further key.")

    @Argument(help: "The operator's name.")
    var name: String

    @OptionGroup var terms: KeyTerms
    @OptionGroup var control: ControlClient

    func run() throws {
        try control.show(
            "POST", "/v1/operators/\(ControlClient.segment(name))/keys", terms.body, as: NewKeyDocument.self,
            KeyWords.show)
    }
}

struct OperatorsRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke an operator with all keys, or one key.")

    @Argument(help: "The operator's name.")
    var name: String

    @Option(help: "Only this key, by its id.")
    var key: String?

    @Option(help: "Why; it goes into the trail.")
    var reason: String?

    @OptionGroup var control: ControlClient

    func run() throws { try KeyWords.revoke("operators", name, key, reason, control) }
}
