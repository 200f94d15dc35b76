import Testing

@testable import AWS

@Suite struct Redaction {
    /// Everything that Swift can print of a value.
    private func printed(_ value: Any) -> String {
        var text = "\(value) " + String(describing: value) + String(reflecting: value)
        dump(value, to: &text)
        for child in Mirror(reflecting: value).children { text += printed(child.value) }
        return text
    }

    @Test("no secret is printed, dumped or reflected, however it is wrapped")
    func secrets() throws {
        let credentials = Credentials(
            accessKeyID: "AKIAEXAMPLE", secretAccessKey: Secret("hush-key"), sessionToken: Secret("hush-token"),
            source: "environment")
        struct Wrapper {
            var inner: Credentials
            var maybe: Secret?
            var all: [String: Secret]
        }
        let surroundings = Surroundings.of(
            ["HOME": "/h", "AWS_SECRET_ACCESS_KEY": "hush-key", "AWS_SESSION_TOKEN": "hush-token"],
            files: ["/h/.aws/config": "[default]\naws_access_key_id = A\naws_secret_access_key = hush-key\n"])
        let profiles = try Profiles.load(surroundings)
        let selected = try #require(profiles.selected)
        let values: [Any] = [
            Secret("hush-key"), credentials, Result<Credentials, CredentialError>.success(credentials),
            Wrapper(inner: credentials, maybe: Secret("hush-token"), all: ["x": Secret("hush-key")]), surroundings,
            profiles, selected,
            try #require(try ProfilePlan.make(for: selected, of: profiles, sessionName: "s")),
            Finding.found(credentials), CredentialCache.Answer.give(credentials),
            STSCall(
                action: "A", role: Role(arn: "r", sessionName: "s"), parameters: [("t", Secret("hush-token"))],
                signedWith: credentials, place: try STSEndpoint.resolve(.of()), source: "s"),
        ]
        for value in values {
            let text = printed(value)
            #expect(!text.contains("hush"), "\(type(of: value)) shows a secret")
            #expect(!text.isEmpty)
        }
        // The test can fail: the same walk finds what is not protected.
        struct Careless { var text = "hush" }
        #expect(printed(Careless()).contains("hush"))
        #expect(Secret("hush-key").reveal() == "hush-key")
        #expect("\(credentials)" == "AKIAEXAMPLE from environment")
    }
}
