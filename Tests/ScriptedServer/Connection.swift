import Glibc

/// The server's end of one connection; closed with it.
final class Connection {
    private let socket: Int32
    private var buffer: [UInt8] = []

    init(_ socket: Int32) { self.socket = socket }
    deinit { close(socket) }

    func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// The next request with its whole body; nil when the client has gone.
    func readRequest() -> ScriptedServer.Request? {
        guard let head = take(until: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ")
        var request = ScriptedServer.Request(
            method: String(words[0]), target: String(words[1]), headers: [], body: [], connection: 0)
        for line in lines.dropFirst() where !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            request.headers.append((name: String(parts[0]), value: String(value)))
        }
        let length = request.header("Content-Length").flatMap { Int($0) } ?? 0
        while buffer.count < length { guard receive() else { return nil } }
        request.body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return request
    }

    private func take(until end: [UInt8]) -> [UInt8]? {
        var searched = 0
        while true {
            if buffer.count >= end.count {
                for start in searched...(buffer.count - end.count)
                where buffer[start..<start + end.count].elementsEqual(end) {
                    let found = Array(buffer[..<start])
                    buffer.removeFirst(start + end.count)
                    return found
                }
                searched = buffer.count - end.count + 1
            }
            guard receive() else { return nil }
        }
    }

    private func receive() -> Bool {
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(socket, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: piece[..<count])
        return true
    }
}
