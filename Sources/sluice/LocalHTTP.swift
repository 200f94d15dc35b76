import Foundation
import Glibc

/// One GET over plain HTTP/1.0, for `status`: a client library would be larger than all of the command.
enum LocalHTTP {
    struct Answer {
        var status: Int
        var body: String
    }
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func get(_ url: String, path: String) throws -> Answer {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host else {
            throw Failure(description: "not an http:// address")
        }
        let socket = try connect(host, parts.port ?? 8080)
        defer { close(socket) }
        let request = "GET \(path) HTTP/1.0\r\nHost: \(host)\r\n\r\n"
        guard send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            throw Failure(description: "the connection broke")
        }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0 { throw Failure(description: String(cString: strerror(errno))) }
            if count == 0 { break }
            data.append(contentsOf: buffer[..<count])
        }
        let text = String(decoding: data, as: UTF8.self)
        guard let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
            let end = text.range(of: "\r\n\r\n")
        else { throw Failure(description: "it does not answer as a gateway does") }
        return Answer(status: status, body: String(text[end.upperBound...]))
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
            var limit = timeval(tv_sec: 10, tv_usec: 0)
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
