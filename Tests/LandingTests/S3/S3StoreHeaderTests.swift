import Landing
import Model
import ScriptedServer
import Testing

@Suite struct S3StoreHeaderTests {
    private func put(
        _ name: String = "logs/a.json.gz", notes: [(name: String, value: String)] = [],
        _ change: (inout S3Options) -> Void = { _ in }
    ) throws -> ScriptedServer.Request {
        var options = S3Options()
        change(&options)
        let bytes = Array("x".utf8)
        let bucket = ScriptedBucket(options: options) { _ in
            .response(200, headers: [("x-amz-checksum-sha256", checksum(bytes))])
        }
        var object = NewObject.bytes(name, bytes)
        object.notes = notes
        #expect(bucket.create(object) == .created)
        return try #require(bucket.server.requests.first)
    }

    /// The names that the request's signature covers.
    private func signed(_ request: ScriptedServer.Request) -> Set<String> {
        let text = request.header("Authorization")?.split(separator: "SignedHeaders=").last?.split(separator: ",").first
        return Set((text ?? "").split(separator: ";").map(String.init))
    }

    @Test("every create is conditional, typed, hashed and signed")
    func standard() throws {
        let request = try put(notes: [("events", "500"), ("range", "0-499")])
        #expect(request.header("If-None-Match") == "*")
        #expect(request.header("Content-Type") == "application/gzip")
        let hash = hexText(SHA256.hash(Array("x".utf8)))
        #expect(request.header("x-amz-content-sha256") == hash)
        #expect(request.header("x-amz-meta-sluice-sha256") == hash)
        #expect(request.header("x-amz-meta-sluice-events") == "500")
        #expect(request.header("x-amz-meta-sluice-range") == "0-499")
        #expect(request.header("x-amz-checksum-sha256") == checksum(Array("x".utf8)))
        #expect(request.header("X-Amz-Security-Token") == "token")
        #expect(
            request.header("Authorization")?
                .hasPrefix("AWS4-HMAC-SHA256 Credential=AKID0/20260101/eu-west-1/s3/aws4_request, ") == true)
        for name in ["x-amz-server-side-encryption", "x-amz-storage-class", "x-amz-tagging", "Transfer-Encoding"] {
            #expect(request.header(name) == nil)
        }
        let sent = Set(request.headers.map { $0.name.lowercased() })
        #expect(sent.subtracting(signed(request)) == ["content-length", "authorization"])
        #expect(signed(request).subtracting(sent).isEmpty)
    }

    @Test("what the settings ask for is sent, and signed")
    func optional() throws {
        let request = try put { options in
            options.kmsKey = "alias/landing"
            options.storageClass = "INTELLIGENT_TIERING"
            options.tags = [("team", "data & ai"), ("tier", "1")]
            options.metadata = [("owner", "platform")]
            options.checksum = true
        }
        #expect(request.header("x-amz-server-side-encryption") == "aws:kms")
        #expect(request.header("x-amz-server-side-encryption-aws-kms-key-id") == "alias/landing")
        #expect(request.header("x-amz-storage-class") == "INTELLIGENT_TIERING")
        #expect(request.header("x-amz-tagging") == "team=data%20%26%20ai&tier=1")
        #expect(request.header("x-amz-meta-owner") == "platform")
        #expect(
            signed(request).isSuperset(of: [
                "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-storage-class",
                "x-amz-tagging", "x-amz-meta-owner", "if-none-match",
            ]))
    }

    @Test("the checksum can be left out; the hash in the metadata stays")
    func noChecksum() throws {
        let request = try put { $0.checksum = false }
        #expect(request.header("x-amz-checksum-sha256") == nil)
        #expect(request.header("x-amz-meta-sluice-sha256") != nil)
        #expect(try put("_probe/create-only").header("Content-Type") == "application/octet-stream")
    }
}
