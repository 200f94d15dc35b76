import Foundation
import Glibc

/// A blocking TCP client that sends any bytes at all.
final class WireClient {
    struct Answer {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: String

        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
        var isClosing: Bool { header("Connection") == "close" }
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// The peer has ended its side, or reset the connection.
    private(set) var isEnded = false
    /// The peer reset the connection, which can destroy an answer on its way.
    private(set) var wasReset = false

    init(port: Int, timeout: Int = 5) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        precondition(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var wait = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(result == 0, "connect: \(errno)")
    }

    deinit { close(descriptor) }

    /// Sends all; false when the peer has gone.
    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends without waiting until the kernel takes no more for `pause`; returns how much it took.
    func sendUntilBlocked(limit: Int, pause: Double = 0.3) -> Int {
        let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 10)
        var sent = 0
        var lastProgress = Date()
        while sent < limit, Date().timeIntervalSince(lastProgress) < pause {
            let count = chunk.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress, min($0.count, limit - sent), Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
                lastProgress = Date()
            } else {
                usleep(5000)
            }
        }
        return sent
    }

    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// One answer; `nil` when the peer ends first or does not answer in time.
    func answer(hasBody: Bool = true) -> Answer? {
        while true {
            if let end = headEnd() {
                let lines = String(decoding: buffer[..<end], as: UTF8.self).components(separatedBy: "\r\n")
                let status = Int(lines[0].split(separator: " ")[1]) ?? 0
                let headers = lines.dropFirst().map { line in
                    let parts = line.split(separator: ":", maxSplits: 1)
                    return (name: String(parts[0]), value: parts[1].trimmingCharacters(in: .whitespaces))
                }
                var answer = Answer(status: status, headers: headers, body: "")
                let length = hasBody ? Int(answer.header("Content-Length") ?? "0")! : 0
                while buffer.count < end + 4 + length { guard fill() else { return nil } }
                answer.body = String(decoding: buffer[(end + 4)..<(end + 4 + length)], as: UTF8.self)
                buffer.removeFirst(end + 4 + length)
                return answer
            }
            guard fill() else { return nil }
        }
    }

    /// Whether the peer ends the connection within the timeout, with nothing more said.
    func closes() -> Bool {
        while fill() {}
        return isEnded && buffer.isEmpty
    }

    /// Everything until the peer ends.
    func rest() -> String {
        while fill() {}
        return String(decoding: buffer, as: UTF8.self)
    }

    private func headEnd() -> Int? {
        guard buffer.count >= 4 else { return nil }
        return (0...(buffer.count - 4)).first { Array(buffer[$0..<($0 + 4)]) == [13, 10, 13, 10] }
    }

    private func fill() -> Bool {
        guard !isEnded else { return false }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else {
            wasReset = count < 0 && errno == ECONNRESET
            isEnded = count == 0 || wasReset
            return false
        }
        buffer += chunk[..<count]
        return true
    }
}
