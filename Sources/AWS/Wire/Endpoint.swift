/// Where a service answers: an `http` or `https` URL without credentials in it.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package let isTLS: Bool
    /// Lowercase; an IPv6 address without its brackets.
    package let host: String
    /// Nil for the scheme's own.
    package let port: Int?
    /// As given: empty, or beginning with `/`; a query included.
    package let path: String

    /// Nil for what is not such a URL.
    package init?(_ url: String) {
        let lowercased = url.lowercased()
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !url.contains("#") else { return nil }
        let scheme = lowercased.hasPrefix("https://") ? "https://" : "http://"
        guard lowercased.hasPrefix(scheme) else { return nil }
        isTLS = scheme == "https://"
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let tail = String(rest[end...])
        path = tail.hasPrefix("?") ? "/" + tail : tail
        guard let (host, port) = Endpoint.hostAndPort(rest[..<end].lowercased()) else { return nil }
        self.host = host
        self.port = port == (isTLS ? 443 : 80) ? nil : port
    }

    private static func hostAndPort(_ authority: String) -> (String, Int?)? {
        var host = authority[...]
        var rest: Substring = ""
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            rest = authority[authority.index(after: close)...]
            guard host.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || isHexDigit($0) }) else {
                return nil
            }
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<colon]
            rest = authority[colon...]
            guard host.utf8.allSatisfy(isNameByte) else { return nil }
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (String(host), nil) }
        // UInt16 would take a sign.
        guard rest.hasPrefix(":"), rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(rest.dropFirst()), port > 0
        else { return nil }
        return (String(host), Int(port))
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isHexDigit(byte) || (UInt8(ascii: "g")...UInt8(ascii: "z")).contains(byte)
            || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")].contains(byte)
    }

    /// As in the `Host` header: the port only where it is not the scheme's own.
    package var authority: String {
        (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }

    /// A request's URL: the endpoint's own path, without its last slash, and then `path`.
    package func url(_ path: String) -> String {
        origin + (self.path.hasSuffix("/") ? self.path.dropLast() + path : self.path + path)
    }

    /// Scheme, host and port.
    package var origin: String { (isTLS ? "https://" : "http://") + authority }
    package var description: String { origin + path }

    /// `localhost`, `127.0.0.0/8` and `::1`, by how they are written: no name is looked up.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && !$0.hasPrefix("+") }
    }
}
