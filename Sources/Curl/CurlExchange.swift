internal import CCurl
import Foundation

/// One request and what has come of it, while libcurl has it. Used on the client's thread only.
final class CurlExchange {
    private let request: HTTPRequest
    private let completion: CurlInbox.Completion
    private let handle: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var sent: Int64 = 0
    private var readFailure: String?
    private var wantedToSendAgain = false
    private var tooLarge = false
    private var response = HTTPResponse(status: 0)

    init(_ item: CurlInbox.Item, handle: UnsafeMutableRawPointer) {
        request = item.request
        completion = item.completion
        self.handle = handle
    }

    deinit { curl_slist_free_all(fields) }

    func complete(_ result: Result<HTTPResponse, HTTPFailure>) { completion(result) }

    // MARK: Before

    func prepare(_ options: CurlOptions) {
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_URL, request.url)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        set(CURLOPT_MAXAGE_CONN, options.idleMax.wholeSeconds)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.connect.wholeMilliseconds)
        set(CURLOPT_TIMEOUT_MS, request.limits.total.wholeMilliseconds)
        set(CURLOPT_LOW_SPEED_LIMIT, request.limits.stallBytesPerSecond)
        set(CURLOPT_LOW_SPEED_TIME, max(1, request.limits.stall.wholeSeconds))
        // An empty name is no proxy, and wins over the environment.
        if !request.usesProxy { set(CURLOPT_PROXY, "") }
        if let caFile = options.caFile { set(CURLOPT_CAINFO, caFile) }
        // libcurl allows all the protocols it was built with otherwise, file: among them.
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        setMethodAndBody()
        setFields()
        setCallbacks()
    }

    private func setMethodAndBody() {
        switch (request.method, request.body) {
        case ("HEAD", _): set(CURLOPT_NOBODY, 1)
        case ("GET", .none): set(CURLOPT_HTTPGET, 1)
        case (let method, .none):
            set(CURLOPT_CUSTOMREQUEST, method)
            if method == "PUT" || method == "POST" {
                set(CURLOPT_UPLOAD, 1)
                set(CURLOPT_INFILESIZE_LARGE, offset: 0)
            }
        case (let method, let body):
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_CUSTOMREQUEST, method)
            set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
            set(CURLOPT_INFILESIZE_LARGE, offset: body.length)
        }
    }

    private func setFields() {
        for field in request.headers {
            precondition(!field.value.contains { $0.isNewline }, "a header's value must be one line")
            // libcurl leaves a header without value out, unless it ends in a semicolon.
            fields = curl_slist_append(fields, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // Without these, libcurl adds `Expect: 100-continue` to large bodies and waits a second for servers that ignore it.
        fields = curl_slist_append(fields, "Expect:")
        fields = curl_slist_append(fields, "Accept:")
        _ = sluice_curl_set_list(handle, CURLOPT_HTTPHEADER, fields)
    }

    private func setCallbacks() {
        // SAFETY: the loop keeps the exchange until the handle is out of libcurl's hands; callbacks run on this thread.
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = sluice_curl_set_data_function(handle, CURLOPT_READFUNCTION) { buffer, size, count, me in
            Unmanaged<CurlExchange>.fromOpaque(me!).takeUnretainedValue().fill(buffer!, size * count)
        }
        _ = sluice_curl_set_pointer(handle, CURLOPT_READDATA, me)
        _ = sluice_curl_set_data_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            Unmanaged<CurlExchange>.fromOpaque(me!).takeUnretainedValue().receive(bytes!, size * count)
        }
        _ = sluice_curl_set_pointer(handle, CURLOPT_WRITEDATA, me)
        _ = sluice_curl_set_data_function(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            Unmanaged<CurlExchange>.fromOpaque(me!).takeUnretainedValue().receiveHeader(bytes!, size * count)
        }
        _ = sluice_curl_set_pointer(handle, CURLOPT_HEADERDATA, me)
        _ = sluice_curl_set_seek_function(handle) { me, offset, origin in
            Unmanaged<CurlExchange>.fromOpaque(me!).takeUnretainedValue().rewind(to: offset, origin)
        }
        _ = sluice_curl_set_pointer(handle, CURLOPT_SEEKDATA, me)
    }

    // MARK: While libcurl works

    private func fill(_ buffer: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Int {
        let room = UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
        do {
            let count: Int
            switch request.body {
            case .none: count = 0
            case .bytes(let bytes):
                count = min(capacity, bytes.count - Int(sent))
                bytes.withUnsafeBytes {
                    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(sent)...].prefix(count)))
                }
            case .source(let source):
                let wanted = Int(min(Int64(capacity), source.length - sent))
                count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]), at: sent)
                if count < wanted { readFailure = "only \(sent + Int64(count)) of \(source.length) bytes are there" }
            }
            if readFailure != nil { return Int(CURL_READFUNC_ABORT) }
            sent += Int64(count)
            return count
        } catch {
            readFailure = "\(error)"
            return Int(CURL_READFUNC_ABORT)
        }
    }

    /// libcurl asks for this to send a body again. Nothing read yet is nothing sent: only then may it.
    private func rewind(to offset: curl_off_t, _ origin: Int32) -> Int32 {
        if offset == 0, origin == SEEK_SET, sent == 0 { return CURL_SEEKFUNC_OK }
        wantedToSendAgain = true
        return CURL_SEEKFUNC_FAIL
    }

    private func receive(_ bytes: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard response.body.count + count <= request.limits.responseMaxBytes else {
            tooLarge = true
            return 0
        }
        if response.body.isEmpty, let length = response.header("Content-Length").flatMap({ Int($0) }) {
            // A large body would grow, and be copied, again and again.
            response.body.reserveCapacity(min(max(count, length), request.limits.responseMaxBytes))
        }
        response.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // A new response: an interim one (100) came before.
            response.headers.removeAll()
        } else if let colon = line.firstIndex(of: ":") {
            response.headers.append(
                HTTPField(
                    String(line[..<colon]),
                    line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        return count
    }

    // MARK: After

    func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        if let readFailure { return .failure(.body(readFailure)) }
        if code == CURLE_OK, !wantedToSendAgain {
            response.status = sluice_curl_status(handle)
            return .success(response)
        }
        if wantedToSendAgain {
            return .failure(.unanswered("the connection was closed while the request was sent (not sent again)"))
        }
        if tooLarge {
            return .failure(.unanswered("the response is larger than \(request.limits.responseMaxBytes) bytes"))
        }
        let reason = String(cString: curl_easy_strerror(code))
        return .failure(CurlExchange.provesNothingSent(code) ? .notSent(reason) : .unanswered(reason))
    }

    private static func provesNothingSent(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST,
            CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_PROXY:
            true
        default: false
        }
    }

    private func set(_ option: CURLoption, _ value: Int) { check(option, sluice_curl_set_long(handle, option, value)) }
    private func set(_ option: CURLoption, _ value: String) {
        check(option, sluice_curl_set_string(handle, option, value))
    }
    private func set(_ option: CURLoption, offset: Int64) {
        check(option, sluice_curl_set_offset(handle, option, curl_off_t(offset)))
    }
    private func check(_ option: CURLoption, _ code: CURLcode) {
        precondition(code == CURLE_OK, "libcurl does not know option \(option.rawValue)")
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int { Int(components.seconds) }
    fileprivate var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
