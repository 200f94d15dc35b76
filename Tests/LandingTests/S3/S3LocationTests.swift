import AWS
import Landing
import Testing

@testable import Landing

@Suite struct S3LocationTests {
    @Test("AWS's own endpoint: the bucket is the host, unless it has a dot")
    func standard() {
        let plain = S3Location(bucket: "b", region: "eu-west-1")
        #expect(plain.host == "b.s3.eu-west-1.amazonaws.com" && plain.scheme == "https")
        #expect(plain.path(key: "a/b=1") == "/a/b%3D1" && plain.path(key: nil) == "/")
        let dotted = S3Location(bucket: "b.c", region: "eu-west-1")
        #expect(dotted.host == "s3.eu-west-1.amazonaws.com" && dotted.path(key: "a") == "/b.c/a")
        #expect(S3Location(bucket: "b", region: "cn-north-1").host == "b.s3.cn-north-1.amazonaws.com.cn")
    }

    @Test("another endpoint: by path or by host, without the scheme's own port")
    func endpoints() {
        func host(_ endpoint: String, pathStyle: Bool) -> String {
            S3Location(bucket: "b", region: "r", endpoint: endpoint, pathStyle: pathStyle).host
        }
        #expect(host("http://127.0.0.1:9000", pathStyle: true) == "127.0.0.1:9000")
        #expect(host("https://s3.example:443", pathStyle: false) == "b.s3.example")
        #expect(host("http://s3.example:80", pathStyle: true) == "s3.example")
        #expect(host("http://s3.example:443", pathStyle: true) == "s3.example:443")
    }

    @Test("the prefix goes before every name")
    func prefixes() {
        #expect(S3Location(bucket: "b", prefix: "p/q", region: "r").key("a") == "p/q/a")
        #expect(S3Location(bucket: "b", region: "r").key("a") == "a")
        #expect(S3Location(bucket: "b", prefix: "p/q", region: "r").description == "s3://b/p/q")
    }
}
