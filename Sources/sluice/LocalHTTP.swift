import Foundation
import Glibc

/// Single requests over plain HTTP/1.1, for the commands that speak to a gateway: a client library would be larger than
/// all of them.
enum LocalHTTP {
    struct Answer {
        var status: Int
        var body: String
    }
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func get(_ url: String, path: String) throws -> Answer {
        try send("GET", url, path: path, headers: [:], body: nil)
    }

    static func send(
        _ method: String, _ url: String, path: String, headers: [String: String], body: String?
    ) throws -> Answer {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host else {
            throw Failure(description: "not an http:// address")
        }
        let port = parts.port ?? 80
        let socket = try connect(host, port)
        defer { close(socket) }
        var request = "\(method) \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { request += "\(name): \(value)\r\n" }
        if let body { request += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        request += "\r\n" + (body ?? "")
        guard Glibc.send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            throw Failure(description: "the connection broke")
        }
        return try parse(try receive(socket))
    }

    private static func receive(_ socket: Int32) throws -> Data {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0 { throw Failure(description: String(cString: strerror(errno))) }
            if count == 0 { return data }
            data.append(contentsOf: buffer[..<count])
        }
    }

    private static func parse(_ data: Data) throws -> Answer {
        guard let end = data.range(of: Data("\r\n\r\n".utf8)),
            case let head = String(decoding: data[..<end.lowerBound], as: UTF8.self),
            let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0.prefix(3)) })
        else { throw Failure(description: "it does not answer as a gateway does") }
        // Every answer that is asked for here has a Content-Length.
        return Answer(status: status, body: String(decoding: data[end.upperBound...], as: UTF8.self))
    }

    private static func connect(_ host: String, _ port: Int) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw Failure(description: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var reason: Int32 = 0
        var next = list
        while let address = next {
            let socket = Glibc.socket(
                address.pointee.ai_family, address.pointee.ai_socktype, address.pointee.ai_protocol)
            var limit = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if Glibc.connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 { return socket }
            reason = errno
            close(socket)
            next = address.pointee.ai_next
        }
        throw Failure(description: String(cString: strerror(reason)))
    }
}
