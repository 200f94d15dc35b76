import Landing
import Model
import ScriptedServer
import Testing

@Suite struct S3StoreReadTests {
    /// The bytes of a request's `Range`.
    private static func piece(_ request: ScriptedServer.Request, _ bytes: [UInt8]) -> [UInt8] {
        let ends = request.header("Range")!.dropFirst("bytes=".count).split(separator: "-").map { Int($0)! }
        return Array(bytes[min(ends[0], bytes.count)..<min(ends[1] + 1, bytes.count)])
    }

    @Test("an object without a stated hash is read by pieces of one version, and hashed")
    func hashedByRanges() {
        let bytes = [UInt8](unsafeUninitializedCapacity: (8 << 20) + 5) { buffer, count in
            for index in 0..<((8 << 20) + 5) { buffer[index] = UInt8(truncatingIfNeeded: index &* 7) }
            count = (8 << 20) + 5
        }
        let bucket = ScriptedBucket { request in
            request.method == "HEAD"
                ? .object(bytes, [("ETag", "\"v1\"")])
                : .response(206, headers: [("ETag", "\"v1\"")], body: Self.piece(request, bytes))
        }
        #expect(bucket.inspect("a.json.gz") == .present(length: (8 << 20) + 5, sha256: SHA256.hash(bytes)))
        #expect(bucket.methods == ["HEAD", "GET", "GET"])
        #expect(bucket.server.requests.dropFirst().allSatisfy { $0.header("If-Match") == "\"v1\"" })
    }

    @Test("a composite checksum and broken metadata are no hash of the object")
    func notAHash() {
        let bytes: [UInt8] = [1, 2, 3]
        let bucket = ScriptedBucket { request in
            request.method == "HEAD"
                ? .object(
                    bytes,
                    [
                        ("x-amz-checksum-sha256", checksum([9])), ("x-amz-checksum-type", "COMPOSITE"),
                        ("x-amz-meta-sluice-sha256", "zz"),
                    ]) : .response(206, body: Self.piece(request, bytes))
        }
        #expect(bucket.inspect("a") == .present(length: 3, sha256: SHA256.hash(bytes)))
    }

    @Test("an object that changes, shrinks or goes while it is hashed is not taken for whole")
    func changing() {
        for (reply, expected) in [
            (ScriptedServer.Reply.error(412, "PreconditionFailed"), StoreFailure.Kind.corrupt),
            (.response(206, body: [1]), .broken), (.response(503), .throttled),
        ] {
            let bucket = ScriptedBucket { $0.method == "HEAD" ? .object([1, 2, 3], []) : reply }
            guard case .failed(let failure) = bucket.inspect("a") else {
                Issue.record("\(reply) went unnoticed")
                continue
            }
            #expect(failure.kind == expected)
        }
        let gone = ScriptedBucket { $0.method == "HEAD" ? .object([1, 2, 3], []) : .error(404, "NoSuchKey") }
        #expect(gone.inspect("a") == .absent)
    }

    @Test("what a HEAD says: absent, denied once more, no length")
    func inspecting() {
        #expect(ScriptedBucket { _ in .response(404) }.inspect("a") == .absent)
        let denied = ScriptedBucket { _ in .response(403) }
        guard case .failed(let failure) = denied.inspect("a") else {
            Issue.record("403 is no answer about the object")
            return
        }
        // A HEAD can't say why: renewed credentials are tried, once.
        #expect(failure.kind == .denied && denied.methods == ["HEAD", "HEAD"] && denied.credentials.renewals == 1)
        let foreign = ScriptedBucket { _ in .response(200, body: Array("<html>".utf8)) }
        guard case .failed = foreign.inspect("a") else {
            Issue.record("a page without an ETag is no object")
            return
        }
        let endless = ScriptedBucket { _ in .raw(Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)) }
        guard case .failed = endless.inspect("a") else {
            Issue.record("a length that nobody stated was believed")
            return
        }
    }

    @Test("a prefix: part, whole, none, empty")
    func prefix() {
        let bytes = Array("hello".utf8)
        let ranged = ScriptedBucket { .response(206, body: Self.piece($0, bytes)) }
        #expect(ranged.readPrefix("a", count: 3) == .bytes(Array("hel".utf8)))
        #expect(ranged.server.requests[0].header("Range") == "bytes=0-2")
        // A store that knows no ranges gives the whole.
        #expect(ScriptedBucket { _ in .response(200, body: bytes) }.readPrefix("a", count: 5) == .bytes(bytes))
        #expect(ScriptedBucket { _ in .error(404, "NoSuchKey") }.readPrefix("a", count: 5) == .absent)
        #expect(ScriptedBucket { _ in .error(416, "InvalidRange") }.readPrefix("a", count: 5) == .bytes([]))
    }

    @Test("an error is no prefix, whatever its status")
    func noPrefix() {
        for (reply, kind) in [
            (ScriptedServer.Reply.error(404, "NoSuchBucket"), StoreFailure.Kind.misconfigured),
            (.error(403, "AccessDenied"), .denied), (.error(500, "InternalError"), .broken),
            (.error(200, "InternalError"), .broken), (.hangUp, .unreachable),
        ] {
            guard case .failed(let failure) = ScriptedBucket({ _ in reply }).readPrefix("a", count: 1000) else {
                Issue.record("\(reply) was taken for the object's bytes")
                continue
            }
            #expect(failure.kind == kind)
        }
    }

    @Test("the name is the key, below the prefix, encoded once")
    func keys() {
        let bucket = ScriptedBucket(prefix: "") { _ in .response(404) }
        _ = bucket.inspect("a/date=1/b c")
        #expect(bucket.server.requests[0].target == "/bucket/a/date%3D1/b%20c")
    }
}
