import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Server-sent events: the status every second, and each new line of the trail at once with it.
final class EventFeed: Sendable {
    /// Readers at one time; one more gets 503.
    static let readersMax = 32

    private let gateway: any ControlPlaneIntake
    private let readers = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)

    init(_ gateway: any ControlPlaneIntake) { self.gateway = gateway }

    /// Ends all feeds within a second.
    func stop() { isStopping.store(true, ordering: .relaxed) }

    func response() -> Response {
        guard readers.wrappingAdd(1, ordering: .relaxed).newValue <= EventFeed.readersMax else {
            readers.wrappingSubtract(1, ordering: .relaxed)
            return ControlResponses.response(
                ControlProblem(.overloaded, "At most \(EventFeed.readersMax) readers are served at once."))
        }
        var headers = ControlResponses.protection
        headers[.contentType] = "text/event-stream"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { [self] writer in
                defer { readers.wrappingSubtract(1, ordering: .relaxed) }
                var last = gateway.recentTrail().last
                while !isStopping.load(ordering: .relaxed) {
                    var text = "event: status\ndata: " + ControlResponses.json(StatusDocument(gateway.status())) + "\n"
                    for line in EventFeed.after(last, gateway.recentTrail()) {
                        text += "event: trail\ndata: \(line)\n\n"
                        last = line
                    }
                    try await writer.write(ByteBuffer(string: text))
                    try await Task.sleep(for: .seconds(1))
                }
                try await writer.finish(nil)
            })
    }

    /// The lines behind `last`; all of them when it is no longer among them.
    static func after(_ last: String?, _ lines: [String]) -> ArraySlice<String> {
        guard let last, let index = lines.lastIndex(of: last) else { return lines[...] }
        return lines[(index + 1)...]
    }
}
