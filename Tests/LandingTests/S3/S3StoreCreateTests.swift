import Files
import Landing
import Model
import ScriptedServer
import Synchronization
import SystemPackage
import Testing

@Suite struct S3StoreCreateTests {
    private let bytes = Array("one\n".utf8)
    private let name = "logs/date=2026-01-01/hour=00/a_0000000000000001_0-9.json.gz"

    private var object: NewObject { .bytes(name, bytes) }
    private var target: String { "/bucket/land/logs/date%3D2026-01-01/hour%3D00/a_0000000000000001_0-9.json.gz" }

    /// A store that gives this reply to the PUT and that one to the HEAD after it.
    private func bucket(
        put: ScriptedServer.Reply, head: ScriptedServer.Reply = .response(404)
    ) -> ScriptedBucket {
        ScriptedBucket { $0.method == "PUT" ? put : head }
    }

    @Test("a stated checksum that is right proves the object with one request")
    func checksumStated() throws {
        let bucket = bucket(
            put: .response(200, headers: [("ETag", "\"not an md5\""), ("x-amz-checksum-sha256", checksum(bytes))]))
        #expect(bucket.create(object) == .created)
        #expect(bucket.methods == ["PUT"])
        #expect(bucket.server.requests[0].target == target)
        #expect(bucket.server.requests[0].body == bytes)
    }

    @Test("without a checksum, a HEAD proves it, by the store's checksum or the object's metadata")
    func headProves() {
        for proof in [
            ("x-amz-checksum-sha256", checksum(bytes)), ("x-amz-meta-sluice-sha256", hexText(SHA256.hash(bytes))),
        ] {
            let bucket = bucket(put: .response(200), head: .object(bytes, [proof]))
            #expect(bucket.create(object) == .created)
            #expect(bucket.methods == ["PUT", "HEAD"])
            #expect(bucket.server.requests[1].target == target)
            #expect(bucket.server.requests[1].header("x-amz-checksum-mode") == "ENABLED")
        }
    }

    @Test("200 with an error document is no success")
    func errorDocument() {
        let absent = bucket(put: .error(200, "InternalError"))
        #expect(absent.create(object).isUnknown)
        #expect(absent.methods == ["PUT", "HEAD"])
        // The object may be there all the same: the store's own word decides.
        let present = bucket(put: .error(200, "InternalError"), head: .object(bytes))
        #expect(present.create(object) == .created)
    }

    @Test("200 that states another checksum is believed only after a HEAD, and never when that agrees with it")
    func wrongChecksum() {
        let wrong = [("ETag", "\"00000000000000000000000000000000\""), ("x-amz-checksum-sha256", checksum([1, 2]))]
        #expect(bucket(put: .response(200, headers: wrong), head: .object(bytes)).create(object) == .created)
        #expect(bucket(put: .response(200, headers: wrong), head: .object([1, 2])).create(object) == .different)
        // The right length, other bytes; and the right hash, another length.
        #expect(bucket(put: .response(200), head: .object(Array("two\n".utf8))).create(object) == .different)
        let longer = ScriptedServer.Reply.object(bytes + [1], [("x-amz-checksum-sha256", checksum(bytes))])
        #expect(bucket(put: .response(200), head: longer).create(object) == .different)
    }

    @Test("412 is settled by what is there")
    func preconditionFailed() {
        let taken = ScriptedServer.Reply.error(412, "PreconditionFailed")
        #expect(bucket(put: taken, head: .object(bytes)).create(object) == .same)
        #expect(bucket(put: taken, head: .object([9])).create(object) == .different)
        let vanished = bucket(put: taken, head: .response(404)).create(object)
        #expect(vanished.failure?.kind == .broken && vanished.isUnknown)
        let silent = bucket(put: taken, head: .response(503)).create(object)
        #expect(silent.failure?.kind == .throttled && silent.isUnknown)
    }

    @Test("409 is a conflict, and nothing is asked")
    func conflict() {
        let bucket = bucket(put: .error(409, "ConditionalRequestConflict"))
        #expect(bucket.create(object) == .conflict)
        #expect(bucket.methods == ["PUT"])
    }

    @Test("what the store denies is refused, with its words and what to do")
    func denied() {
        let bucket = bucket(put: .error(403, "AccessDenied"))
        let outcome = bucket.create(object)
        #expect(outcome.isRefused && outcome.failure?.kind == .denied)
        #expect(outcome.failure?.detail.contains("s3://bucket/land answered 403 AccessDenied: said & done") == true)
        #expect(bucket.methods == ["PUT"] && bucket.credentials.renewals == 0)
    }

    @Test(
        "credentials that the store does not take are fetched anew, and the request is sent once more, not twice",
        arguments: [
            (400, "ExpiredToken"), (403, "ExpiredToken"), (400, "InvalidToken"), (400, "TokenRefreshRequired"),
            (403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch"),
        ])
    func stale(_ status: Int, _ code: String) {
        let mended = ScriptedBucket { [bytes] request in
            request.header("Authorization")?.contains("Credential=AKID0/") == true
                ? .error(status, code) : .response(200, headers: [("x-amz-checksum-sha256", checksum(bytes))])
        }
        #expect(mended.create(object) == .created)
        #expect(mended.methods == ["PUT", "PUT"] && mended.credentials.renewals == 1)
        #expect(mended.server.requests[1].body == bytes)
        let hopeless = bucket(put: .error(status, code))
        let outcome = hopeless.create(object)
        #expect(outcome.isRefused && outcome.failure?.kind == .denied)
        #expect(hopeless.methods == ["PUT", "PUT"] && hopeless.credentials.renewals == 1)
    }

    @Test("a HEAD that is denied, which can't say why, has the credentials fetched anew once")
    func staleHead() {
        let bucket = ScriptedBucket { [bytes] request in
            request.header("Authorization")?.contains("Credential=AKID0/") == true ? .response(403) : .object(bytes)
        }
        #expect(bucket.inspect(name) == .present(length: Int64(bytes.count), sha256: SHA256.hash(bytes)))
        #expect(bucket.methods == ["HEAD", "HEAD"] && bucket.credentials.renewals == 1)
    }

    @Test("a clock that is off is corrected once, by the server's Date")
    func skewed() {
        // The test's clock says 2026-01-01T00:00:00Z.
        let late = [("Date", "Thu, 01 Jan 2026 01:00:00 GMT")]
        let mended = ScriptedBucket { [bytes] request in
            request.header("X-Amz-Date") == "20260101T010000Z"
                ? .response(200, headers: [("x-amz-checksum-sha256", checksum(bytes))])
                : .error(403, "RequestTimeTooSkewed", late)
        }
        #expect(mended.create(object) == .created)
        #expect(mended.methods == ["PUT", "PUT"] && mended.credentials.renewals == 0)
        // What was learned holds for the next request.
        #expect(mended.create(object) == .created)
        #expect(mended.methods.count == 3)
        let hopeless = bucket(put: .error(403, "RequestTimeTooSkewed", late))
        let outcome = hopeless.create(object)
        #expect(outcome.isRefused && outcome.failure?.detail.contains("clock") == true)
        #expect(hopeless.methods == ["PUT", "PUT"])
    }

    @Test("a bucket in another region is named with it, by header or document")
    func redirected() {
        for reply in [
            ScriptedServer.Reply.error(301, "PermanentRedirect", [("x-amz-bucket-region", "us-west-2")]),
            .error(400, "AuthorizationHeaderMalformed", more: "<Region>us-west-2</Region>"),
            .response(307, headers: [("x-amz-bucket-region", "us-west-2")]),
        ] {
            let outcome = bucket(put: reply).create(object)
            #expect(outcome.isRefused && outcome.failure?.kind == .misconfigured)
            #expect(outcome.failure?.detail.contains("region us-west-2, the settings say eu-west-1") == true)
        }
    }

    @Test("a bucket that is not there, and a feature that the store lacks, are the settings' fault")
    func misconfigured() {
        for reply in [ScriptedServer.Reply.error(404, "NoSuchBucket"), .error(501, "NotImplemented")] {
            let outcome = bucket(put: reply).create(object)
            #expect(outcome.isRefused && outcome.failure?.kind == .misconfigured)
        }
    }

    @Test("a store that asks for less is heard, as far as an hour")
    func throttled() {
        for (status, stated, pause) in [
            (429, "7", Duration.seconds(7)), (503, "86400", .seconds(3600)), (503, "soon", nil),
        ] as [(Int, String, Duration?)] {
            let outcome = bucket(put: .error(status, "SlowDown", [("Retry-After", stated)])).create(object)
            #expect(outcome.isUnknown && outcome.failure?.kind == .throttled)
            #expect(outcome.failure?.retryAfter == pause)
        }
    }

    @Test("what proves nothing is unknown: 500, a hang-up, silence, half a document, half a reply")
    func unknown() {
        let halfReply = Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123".utf8)
        let halfDocument = Array("<Error><Code>Acc".utf8)
        for (reply, kind) in [
            (ScriptedServer.Reply.error(500, "InternalError"), StoreFailure.Kind.broken), (.hangUp, .unreachable),
            (.silence(.seconds(10)), .unreachable), (.response(500, body: halfDocument), .broken),
            (.raw(halfReply), .unreachable), (.response(400, body: halfDocument), .broken),
        ] {
            let bucket = bucket(put: reply)
            let outcome = bucket.create(object)
            #expect(outcome.isUnknown && outcome.failure?.kind == kind, "\(outcome)")
            #expect(bucket.methods == ["PUT"], "nothing is sent again behind the caller's back")
        }
    }

    @Test("bytes that the store found changed on the way are refused as corrupt")
    func corrupt() {
        for code in ["BadDigest", "XAmzContentSHA256Mismatch"] {
            let outcome = bucket(put: .error(400, code)).create(object)
            #expect(outcome.isRefused && outcome.failure?.kind == .corrupt)
        }
    }

    @Test("a sealed segment is sent as far as its sealed length, though the file be longer")
    func longerFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("segment")
        let sealed = [UInt8](repeating: 7, count: 700_000)
        try LinuxFileSystem().seal(path, sealed + [8, 8, 8])
        let bucket = bucket(put: .response(200, headers: [("x-amz-checksum-sha256", checksum(sealed))]))
        #expect(bucket.create(.file(name, path, sealed)) == .created)
        #expect(bucket.server.requests[0].body == sealed)
        #expect(bucket.server.requests[0].header("Content-Length") == "700000")
    }

    @Test("a segment that is missing or shorter than its seal says is refused as corrupt")
    func shorterFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("segment")
        let bucket = bucket(put: .response(200))
        let missing = bucket.create(.file(name, path, bytes))
        #expect(missing.isRefused && missing.failure?.kind == .corrupt)
        try LinuxFileSystem().seal(path, Array(bytes.dropLast()))
        let short = bucket.create(.file(name, path, bytes))
        #expect(short.isRefused && short.failure?.kind == .corrupt)
        #expect(bucket.methods == [], "half an object is none")
    }

    @Test("before a segment's stream stops for other bytes, those are read: headers alone prove nothing")
    func otherBytesAreRead() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("segment")
        try LinuxFileSystem().seal(path, bytes)
        let liar = ScriptedServer.Reply.object(bytes, [("x-amz-checksum-sha256", checksum([9]))])
        for (get, expected) in [
            (ScriptedServer.Reply.response(206, body: bytes), CreateOutcome.same),
            (.response(206, body: Array("two\n".utf8)), .different), (.error(404, "NoSuchKey"), nil),
            (.response(503), nil),
        ] as [(ScriptedServer.Reply, CreateOutcome?)] {
            let bucket = ScriptedBucket { request in
                request.method == "PUT" ? .response(412) : request.method == "HEAD" ? liar : get
            }
            let outcome = bucket.create(.file(name, path, bytes))
            #expect(bucket.methods == ["PUT", "HEAD", "GET"])
            if let expected { #expect(outcome == expected) } else { #expect(outcome.isUnknown) }
        }
    }
}
