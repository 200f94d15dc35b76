import Gateway
import Model

/// What must hold while a gateway lands a backlog: so many bytes a second at most, in the order that the settings say.
struct DrainWatch {
    private let order: LandingSchedule.DrainOrder
    private let bytesPerSecond: Int64?
    private let began: MonotonicInstant
    private var sent: Int64 = 0
    /// The backlog's objects, oldest first within a stream, by stream.
    private let places: [String: (stream: StreamName, number: Int)]
    private var last: [StreamName: Int] = [:]
    private var seen: Set<String> = []

    init(_ plan: Plan, _ now: MonotonicInstant, backlog: [(stream: StreamName, object: String)]) {
        order = plan.drainOrder
        bytesPerSecond = plan.drainBytesPerSecond
        began = now
        var places: [String: (StreamName, Int)] = [:]
        for (number, segment) in backlog.enumerated() { places[segment.object] = (segment.stream, number) }
        self.places = places
    }

    /// An object of so many bytes is sent; returns what is wrong with that.
    mutating func send(_ object: String, _ bytes: Int64, _ now: MonotonicInstant) -> String? {
        // The first may go at once, each other once those before it have had their time.
        if let bytesPerSecond, Double(sent) / Double(bytesPerSecond) > (now - began) / .seconds(1) + 0.001 {
            return "\(sent) bytes in \((now - began).shown), with a bound of \(bytesPerSecond) a second"
        }
        sent += bytes
        guard let (stream, number) = places[object], seen.insert(object).inserted else { return nil }
        defer { last[stream] = number }
        guard let last = last[stream], order == .oldest ? number < last : number > last else { return nil }
        return "\(object) after one that should have followed it, \(order.rawValue) first"
    }
}
