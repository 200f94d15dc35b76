import Glibc

/// A blocking TCP connection to the gateway. One thread uses it.
struct Connection: ~Copyable {
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8]
    private var filled = 0

    /// - Throws: ``LoadError/unknownHost(_:_:)``, ``LoadError/connection(_:errno:)``.
    init(_ configuration: LoadConfiguration) throws(LoadError) {
        name = "\(configuration.host):\(configuration.port)"
        descriptor = try Connection.connect(configuration, name)
        buffer = [UInt8](repeating: 0, count: 16_384)
    }

    deinit { close(descriptor) }

    /// Sends the head and the body in one call where the socket takes them, and reads the answer.
    mutating func exchange(_ head: RequestHead, _ body: RequestBody) throws(LoadError) -> Reply {
        let sent = send(head.bytes, body.bytes)
        do {
            return try readReply()
        } catch {
            // A gateway may answer before it has read everything, then close: only without an answer is the error the send's.
            if sent != 0, case .connection = error { throw .connection(name, errno: sent) }
            throw error
        }
    }

    /// 0, or the errno.
    private func send(_ head: [UInt8], _ body: [UInt8]) -> Int32 {
        head.withUnsafeBytes { head in
            body.withUnsafeBytes { body in
                // SAFETY: sendmsg only reads what the iovecs point to, and both buffers outlive the calls.
                var parts = [
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count),
                ]
                return parts.withUnsafeMutableBufferPointer { Connection.sendAll(descriptor, $0) }
            }
        }
    }

    private static func sendAll(_ descriptor: Int32, _ parts: UnsafeMutableBufferPointer<iovec>) -> Int32 {
        var message = msghdr()
        message.msg_iov = parts.baseAddress
        message.msg_iovlen = parts.count
        while message.msg_iovlen > 0 {
            var count = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            while message.msg_iovlen > 0, let part = message.msg_iov, count >= part.pointee.iov_len {
                count -= part.pointee.iov_len
                message.msg_iov = part + 1
                message.msg_iovlen -= 1
            }
            if message.msg_iovlen > 0, let part = message.msg_iov {
                part.pointee.iov_base = part.pointee.iov_base.map { $0 + count }
                part.pointee.iov_len -= count
            }
        }
        return 0
    }

    private mutating func readReply() throws(LoadError) -> Reply {
        filled = 0
        while true {
            try receive()
            guard let head = try parseHead() else { continue }
            let end = head.bodyStart + head.bodyLength
            while filled < end { try receive() }
            let body = (200...299).contains(head.status) ? [] : Array(buffer[head.bodyStart..<end])
            return Reply(status: head.status, closes: head.closes, retryAfter: head.retryAfter, body: body)
        }
    }

    private func parseHead() throws(LoadError) -> ReplyHead? {
        let result = buffer.withUnsafeBytes { bytes in
            Result { () throws(LoadError) in try ReplyHead.parse(UnsafeRawBufferPointer(rebasing: bytes[..<filled])) }
        }
        return try result.get()
    }

    private mutating func receive() throws(LoadError) {
        if filled == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
        let start = filled
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + start, $0.count - start, 0) }
            if count > 0 {
                filled += count
                return
            }
            if count == 0 { throw .connection(name, errno: ECONNRESET) }
            if errno != EINTR { throw .connection(name, errno: errno) }
        }
    }

    private static func connect(_ configuration: LoadConfiguration, _ name: String) throws(LoadError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(configuration.host, String(configuration.port), &hints, &list)
        guard code == 0 else { throw .unknownHost(configuration.host, String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var lastError = ENOENT
        var next = list
        while let address = next?.pointee {
            let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw .connection(name, errno: errno) }
            if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                setOptions(descriptor)
                return descriptor
            }
            lastError = errno
            close(descriptor)
            next = address.ai_next
        }
        throw .connection(name, errno: lastError)
    }

    private static func setOptions(_ descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // No answer within a minute is a lost connection.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
}
