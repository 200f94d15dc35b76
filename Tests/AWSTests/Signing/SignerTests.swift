import Curl
import Model
import Testing

@testable import AWS

/// S3's own rules, beside the general suite. The examples are those of "Signature Calculations for the Authorization
/// Header" and "Authenticating Requests: Using Query Parameters" in the S3 API reference.
@Suite struct SigningForS3 {
    let moment = Timestamp(year: 2013, month: 5, day: 24, hour: 0, minute: 0, second: 0)!
    let credentials = Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        source: "the reference")
    let signer = Signer.s3(region: "us-east-1")
    let host = HTTPField("Host", "examplebucket.s3.amazonaws.com")

    @Test("the reference's PUT, whose key has a character to encode")
    func put() throws {
        let request = SigningRequest(
            method: "PUT", path: "/" + PercentEncoding.path("test$file.text"),
            headers: [
                host, HTTPField("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                HTTPField("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            payload: .sha256(SHA256.hash(Array("Welcome to Amazon S3.".utf8))))
        let added = signer.headers(for: request, credentials: credentials, at: moment)
        #expect(
            added.last?.value
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
                + "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("the reference's GET of a subresource, and its listing")
    func queries() throws {
        func signature(_ query: String) -> String {
            signer.headerSignature(
                SigningRequest(method: "GET", path: "/", query: query, headers: [host], payload: .empty),
                credentials: credentials, at: moment
            ).text
        }
        #expect(signature("lifecycle") == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            signature("max-keys=2&prefix=J") == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("the reference's presigned URL")
    func presigned() throws {
        let query = signer.presignedQuery(
            for: SigningRequest(method: "GET", path: "/test.txt", headers: [host], payload: .unsigned),
            credentials: credentials, at: moment, lifetime: .seconds(86_400))
        #expect(
            query.hasSuffix(
                "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
    }

    @Test("a path is neither normalized nor encoded twice")
    func path() {
        let request = SigningRequest(
            method: "GET", path: "/a//b/../date%3D2026", headers: [host], payload: .empty)
        let lines = signer.headerSignature(request, credentials: credentials, at: moment).request.text
            .split(separator: "\n")
        #expect(lines[1] == "/a//b/../date%3D2026")
    }

    @Test("the payload hash is always sent and signed, and so is a session token")
    func headers() {
        var temporary = credentials
        temporary.sessionToken = Secret("the-token")
        let added = signer.headers(
            for: SigningRequest(method: "GET", path: "/", headers: [host], payload: .empty), credentials: temporary,
            at: moment)
        #expect(
            added.map(\.name) == ["X-Amz-Security-Token", "X-Amz-Date", "x-amz-content-sha256", "Authorization"])
        #expect(added[2].value == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            added[3].value.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"))
    }

    @Test("headers that change on the way are not signed")
    func volatileHeaders() {
        let request = SigningRequest(
            method: "GET", path: "/",
            headers: [
                host, HTTPField("User-Agent", "a"), HTTPField("Expect", ""), HTTPField("Connection", "keep-alive"),
            ], payload: .empty)
        #expect(
            signer.headerSignature(request, credentials: credentials, at: moment).request.signedHeaders
                == "host;x-amz-content-sha256;x-amz-date")
    }

    @Test("a signing key is made once per secret and day, and the cache stays small")
    func cache() {
        let keys = SigningKeyCache()
        let signer = Signer.s3(region: "us-east-1", keys: keys)
        let request = SigningRequest(method: "GET", path: "/", headers: [host], payload: .empty)
        func sign(day: Int64, secret: String) -> String {
            var credentials = credentials
            credentials.secretAccessKey = Secret(secret)
            let moment = Timestamp(year: 2013, month: 5, day: day, hour: 1, minute: 0, second: 0)!
            return signer.headerSignature(request, credentials: credentials, at: moment).text
        }
        let first = sign(day: 1, secret: "a")
        #expect(sign(day: 1, secret: "a") == first)
        #expect(keys.count == 1)
        #expect(sign(day: 1, secret: "b") != first)
        #expect(sign(day: 2, secret: "a") != first)
        #expect(keys.count == 3)
        for day in Int64(1)...31 {
            _ = sign(day: day, secret: "c")
            _ = sign(day: day, secret: "d")
        }
        #expect(keys.count <= 32)
        #expect(sign(day: 1, secret: "a") == first)
    }
}

@Suite struct MessageCodes {
    @Test("RFC 4231's second case; a long key; an empty key is the key of zeros, call after call")
    func examples() {
        #expect(
            hexText(HMACSHA256.code(for: "what do ya want for nothing?".utf8, key: "Jefe".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hexText(
                HMACSHA256.code(
                    for: "Test Using Larger Than Block-Size Key - Hash Key First".utf8,
                    key: [UInt8](repeating: 0xAA, count: 131)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(
            hexText(HMACSHA256.code(for: [], key: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }
}
