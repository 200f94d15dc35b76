import Testing

@testable import AWS

@Suite struct Endpoints {
    @Test(
        "host, port, path and authority of URLs in use",
        arguments: [
            (
                "https://s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com",
                "https://s3.eu-west-1.amazonaws.com/k"
            ),
            ("http://127.0.0.1:9000/", "127.0.0.1:9000", "http://127.0.0.1:9000/k"),
            ("http://MINIO.local:80/base", "minio.local", "http://minio.local/base/k"),
            ("https://minio:443", "minio", "https://minio/k"),
            ("http://[fd00:ec2::254]", "[fd00:ec2::254]", "http://[fd00:ec2::254]/k"),
            ("http://[::1]:8080/x/", "[::1]:8080", "http://[::1]:8080/x/k"),
        ])
    func good(_ url: String, _ authority: String, _ joined: String) throws {
        let endpoint = try #require(Endpoint(url))
        #expect(endpoint.authority == authority)
        #expect(endpoint.url("/k") == joined)
    }

    @Test(
        "what is no endpoint",
        arguments: [
            "", "localhost:9000", "ftp://x", "http://", "http:///x", "http://user:secret@host/", "http://a b/",
            "http://x:0",
            "http://x:65536", "http://x:+1", "http://x:", "http://[::1", "http://[::1]x", "http://[zz]/", "http://x/#f",
            "http://ö/",
            "http://x\r\nHost: y",
        ])
    func bad(_ url: String) { #expect(Endpoint(url) == nil) }

    @Test("loopback is told by the address, not by how a name begins")
    func loopback() {
        for url in ["http://localhost:1/", "http://127.0.0.1", "http://127.255.1.2", "http://[::1]"] {
            #expect(Endpoint(url)?.isLoopback == true)
        }
        for url in [
            "http://127.evil.com", "http://127.0.0.1.evil.com", "http://localhost.evil.com", "http://128.0.0.1",
            "http://127.0.0.256", "http://[::2]", "http://127.0.0.0x1",
        ] {
            #expect(Endpoint(url)?.isLoopback == false)
        }
    }
}
