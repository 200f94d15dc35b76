import Curl
import Landing
import Model
import ScriptedServer
import Simulation
import Testing

@Suite struct S3ZoneTests {
    private typealias Zone = S3Zone<CurlClient, SimulatedTime>

    private func zone(_ bucket: ScriptedBucket) -> Zone {
        var retry = RetryPolicy()
        retry.tries = 3
        retry.pauseMin = .milliseconds(1)
        return Zone(bucket.client, retry: retry)
    }

    private static func listing(_ keys: [String], more: String? = nil, encoded: Bool = true) -> ScriptedServer.Reply {
        let contents = keys.map {
            "<Contents><Key>\($0)</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
                + "<Size>3</Size><Owner><ID>Key</ID></Owner></Contents>"
        }
        let text =
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>"
            + (encoded ? "<EncodingType>url</EncodingType>" : "") + "<IsTruncated>\(more != nil)</IsTruncated>"
            + (more.map { "<NextContinuationToken>\($0)</NextContinuationToken>" } ?? "") + contents.joined()
            + "</ListBucketResult>"
        return .response(200, body: Array(text.utf8))
    }

    private func names(_ bucket: ScriptedBucket, _ prefix: String = "") async throws -> [String] {
        var names: [String] = []
        try await zone(bucket).list(prefix) { names += $0.map(\.name) }
        return names
    }

    @Test("a listing is paged to its end; keys are decoded, made relative, and only objects count")
    func paged() async throws {
        let bucket = ScriptedBucket { request in
            if request.target.contains("continuation-token=t%2F1%2B%3D") { return Self.listing(["land/z.json.gz"]) }
            return Self.listing(
                ["land/a%2Fdate%3D1%2Fx+y%2Bz.json.gz", "land/_probe/create-only", "land/%C3%A4.json.gz"], more: "t/1+="
            )
        }
        #expect(try await names(bucket, "a/") == ["a/date=1/x y+z.json.gz", "ä.json.gz", "z.json.gz"])
        let first = try #require(bucket.server.requests.first)
        #expect(first.target == "/bucket/?encoding-type=url&list-type=2&prefix=land%2Fa%2F")
        #expect(bucket.server.requests.count == 2)
        let page = try await zone(bucket).page(of: "", after: nil)
        #expect(
            page.objects[0]
                == StoredObject(
                    name: "a/date=1/x y+z.json.gz", length: 3, version: "\"e\"",
                    modified: Timestamp(rfc3339: "2026-01-02T03:04:05.000000Z")))
    }

    @Test("keys that were not encoded are left as they are; an empty bucket has none")
    func plain() async throws {
        #expect(
            try await names(ScriptedBucket { _ in Self.listing(["land/a+%41.json.gz"], encoded: false) })
                == ["a+%41.json.gz"])
        #expect(try await names(ScriptedBucket { _ in Self.listing([]) }) == [])
    }

    @Test("a page that failed is asked for again, and only as often as set")
    func retried() async throws {
        let first = FirstCalls(2)
        let mended = ScriptedBucket { _ in
            first.isOne() ? .error(503, "SlowDown", [("Retry-After", "0")]) : Self.listing(["land/a.json.gz"])
        }
        #expect(try await names(mended) == ["a.json.gz"])
        let broken = ScriptedBucket { _ in .error(500, "InternalError") }
        await #expect(throws: StoreFailure.self) { try await names(broken) }
        #expect(broken.server.requests.count == 3)
    }

    @Test(
        "what is no whole listing is not taken for one",
        arguments: [
            "<ListBucketResult><Contents><Key>land/a.json.gz</Key><Size>3</Size></Contents>", "",
            "<Error><Code>x</Code></Error>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<ListBucketResult><Contents><Key>land/a</Key></Contents></ListBucketResult>",
            "<ListBucketResult><Contents><Key>elsewhere/a</Key><Size>1</Size></Contents></ListBucketResult>",
        ])
    func broken(_ text: String) async throws {
        let bucket = ScriptedBucket { _ in .response(200, body: Array(text.utf8)) }
        let error = await #expect(throws: StoreFailure.self) { try await names(bucket) }
        #expect(error?.kind == .broken)
    }

    @Test("a listing that does not move on, and one that is denied, end at once")
    func hopeless() async throws {
        let circle = ScriptedBucket { _ in Self.listing(["land/a.json.gz"], more: "same") }
        let error = await #expect(throws: StoreFailure.self) { try await names(circle) }
        #expect(error?.detail.contains("does not move on") == true && circle.server.requests.count == 2)
        let denied = ScriptedBucket { _ in .error(403, "AccessDenied") }
        #expect(await #expect(throws: StoreFailure.self) { try await names(denied) }?.kind == .denied)
        #expect(denied.server.requests.count == 1)
    }

    @Test("bytes are of the version that was listed, whole, or none")
    func reading() async throws {
        let object = StoredObject(name: "a.json.gz", length: 5, version: "\"v\"")
        let first = FirstCalls(1)
        let bucket = ScriptedBucket { _ in
            .response(206, body: first.isOne() ? [1] : [1, 2, 3])
        }
        #expect(try await zone(bucket).read(object, at: 2, count: 3) == [1, 2, 3])
        #expect(bucket.server.requests.count == 2, "what came back short is read again")
        #expect(bucket.server.requests[0].header("If-Match") == "\"v\"")
        #expect(bucket.server.requests[0].header("Range") == "bytes=2-4")
        #expect(try await zone(bucket).read(object, at: 5, count: 0) == [])
        let gone = ScriptedBucket { _ in .error(404, "NoSuchKey") }
        #expect(try await zone(gone).read(object, at: 0, count: 1) == nil && gone.methods == ["GET"])
        let changed = ScriptedBucket { _ in .error(412, "PreconditionFailed") }
        let error = await #expect(throws: StoreFailure.self) {
            try await zone(changed).read(object, at: 0, count: 1)
        }
        #expect(error?.kind == .corrupt && changed.server.requests.count == 1)
    }
}
