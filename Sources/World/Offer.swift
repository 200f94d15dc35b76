/// What a producer sends under one key: a few events, a line each, some of which a gateway must refuse, or may.
struct Offer: Sendable {
    enum Line: Sendable {
        case sound
        /// No JSON.
        case broken
        /// JSON with a member that is there twice: refused on strong streams, and where the settings say so.
        case twofold
    }

    let key: String
    let lines: [Line]

    init(_ key: String, _ lines: [Line] = [.sound]) {
        self.key = key
        self.lines = lines
    }

    /// The keys of all its events, the refused ones included.
    var events: [String] { lines.indices.map(event) }

    func events(without refused: Set<Int>) -> [String] {
        lines.indices.filter { !refused.contains($0) }.map(event)
    }

    func event(_ index: Int) -> String { "\(key)-\(index)" }

    /// As it is sent.
    func payload(_ index: Int) -> String {
        let id = #""id":"\#(event(index))""#
        return switch lines[index] {
        case .sound: "{\(id)}"
        case .broken: "{\(id)"
        case .twofold: "{\(id),\(id)}"
        }
    }

    var text: String { lines.indices.map { payload($0) + "\n" }.joined() }

    /// Which of them must be refused: those that are no JSON, and with such `checks` those that have a member twice.
    func refused(checks: Bool) -> Set<Int> {
        Set(lines.indices.filter { lines[$0] == .broken || (checks && lines[$0] == .twofold) })
    }

    /// Whether this is what the landing zone should have of the event, whenever it arrived.
    func matches(_ line: some Collection<UInt8>, _ index: Int) -> Bool {
        let head =
            #"{"event_key":"\#(event(index))","batch_key":"\#(key)","batch_index":\#(index),"batch_size":"#
            + #"\#(lines.count),"producer":"world","received_at":""#
        return line.starts(with: head.utf8)
            && line.reversed().starts(with: #","payload":\#(payload(index))}"#.utf8.reversed())
    }
}
