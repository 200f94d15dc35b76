import Foundation
import Glibc
import Synchronization

/// An HTTP/1.1 server on a free port of 127.0.0.1 whose answers a test decides: one thread for each connection.
package final class ScriptedServer: Sendable {
    /// What the server does with a request it has read whole.
    package enum Reply: Sendable {
        case response(Int, headers: [(String, String)] = [], body: [UInt8] = [])
        /// These bytes and nothing else.
        case raw([UInt8])
        /// Closes the connection without a word.
        case hangUp
        /// Says nothing for so long, then closes.
        case silence(Duration)
    }

    package struct Request: Sendable {
        package var method: String
        package var target: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        /// 1 for the first connection that the server took.
        package var connection: Int

        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    package let port: Int
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let answer: @Sendable (Request) -> Reply

    package init(_ answer: @escaping @Sendable (Request) -> Reply) {
        self.answer = answer
        (listener, port) = Self.listen()
        let thread = Thread { [self] in accept() }
        thread.start()
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// Every request read whole, in order.
    package var requests: [Request] { seen.withLock { $0 } }

    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func listen() -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                precondition(bind(listener, plain, length) == 0 && Glibc.listen(listener, 128) == 0)
                precondition(getsockname(listener, plain, &length) == 0)
            }
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func accept() {
        var count = 0
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            if socket < 0 { break }
            count += 1
            let number = count
            Thread { [self] in serve(Connection(socket), number) }.start()
        }
        close(listener)
    }

    private func serve(_ connection: Connection, _ number: Int) {
        while var request = connection.readRequest() {
            request.connection = number
            seen.withLock { $0.append(request) }
            switch answer(request) {
            case .response(let status, let headers, let body):
                var head = "HTTP/1.1 \(status) Scripted\r\n"
                for (name, value) in headers { head += "\(name): \(value)\r\n" }
                head += "Content-Length: \(body.count)\r\n\r\n"
                connection.write(Array(head.utf8) + (request.method == "HEAD" ? [] : body))
            case .raw(let bytes): connection.write(bytes)
            case .hangUp: return
            case .silence(let duration):
                usleep(UInt32(duration / .microseconds(1)))
                return
            }
        }
    }
}
