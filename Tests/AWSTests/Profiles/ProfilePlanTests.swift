import Testing

@testable import AWS

@Suite struct ProfilePlans {
    private func profiles(_ config: String, credentials: String = "", profile: String? = nil) throws -> Profiles {
        var variables = ["HOME": "/h"]
        variables["AWS_PROFILE"] = profile
        return try Profiles.load(.of(variables, files: ["/h/.aws/config": config, "/h/.aws/credentials": credentials]))
    }

    private func plan(_ config: String, credentials: String = "", profile: String? = nil) throws -> ProfilePlan? {
        let profiles = try profiles(config, credentials: credentials, profile: profile)
        let selected = try #require(profiles.selected)
        return try ProfilePlan.make(for: selected, of: profiles, sessionName: "sluice")
    }

    private func error(_ config: String, credentials: String = "", profile: String? = nil) throws -> CredentialError {
        try #require(
            throws: CredentialError.self
        ) { try plan(config, credentials: credentials, profile: profile) }
    }

    private func keys(_ name: String, _ key: String = "AKIA", token: String? = nil) -> ProfilePlan {
        .keys(
            Credentials(
                accessKeyID: key, secretAccessKey: Secret("s"), sessionToken: token.map { Secret($0) },
                source: "profile `\(name)`"))
    }

    private let akia = "aws_access_key_id = AKIA\naws_secret_access_key = s\n"

    @Test("keys, from either file; the credentials file wins")
    func keysOfAProfile() throws {
        #expect(try plan("[default]\n\(akia)") == keys("default"))
        #expect(try plan("[profile default]\n\(akia)") == keys("default"))
        #expect(try plan("", credentials: "[default]\n\(akia)aws_session_token = t\n") == keys("default", token: "t"))
        #expect(
            try plan(
                "[default]\naws_access_key_id = OLD\naws_secret_access_key = o\n", credentials: "[default]\n\(akia)")
                == keys("default"))
        #expect(try plan("[profile a b]\n\(akia)", profile: "a b") == keys("a b"))
        #expect(try plan("[default]\nregion = x\n") == nil)
        #expect(try error("[default]\naws_access_key_id = AKIA\n").kind == .misconfigured)
        #expect(
            try error("[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\u{7}s\n").kind == .misconfigured)
    }

    @Test("a role over a role over keys, with all that a role can say")
    func roles() throws {
        let config = """
            [profile top]
            role_arn = arn:top
            source_profile = middle
            external_id = x
            duration_seconds = 900
            [profile middle]
            role_arn = arn:middle
            role_session_name = me
            source_profile = base
            """
        let made = try plan(
            config, credentials: "[base]\n\(akia)role_arn = arn:unused\nsource_profile = top\n", profile: "top")
        #expect(
            made
                == .assume(
                    Role(arn: "arn:top", sessionName: "sluice", externalID: "x", lifetime: .seconds(900)),
                    with: .assume(Role(arn: "arn:middle", sessionName: "me"), with: keys("base"), profile: "middle"),
                    profile: "top"))
    }

    @Test("every other source of a role")
    func otherSources() throws {
        let role = Role(arn: "arn:r", sessionName: "sluice")
        for (setting, base) in [
            ("Environment", ProfilePlan.environment), ("EcsContainer", .container),
            ("Ec2InstanceMetadata", .instanceMetadata),
        ] {
            #expect(
                try plan("[default]\nrole_arn = arn:r\ncredential_source = \(setting)\n")
                    == .assume(role, with: base, profile: "default"))
        }
        #expect(
            try plan("[default]\nrole_arn = arn:r\nweb_identity_token_file = /t\n")
                == .webIdentity(role, tokenFile: "/t", profile: "default"))
        #expect(
            try plan("[default]\nrole_arn = arn:r\nsource_profile = default\n\(akia)")
                == .assume(role, with: keys("default"), profile: "default"))
        #expect(
            try plan("[default]\ncredential_process = /bin/x --y \"z\"\n")
                == .process(command: "/bin/x --y \"z\"", profile: "default"))
    }

    @Test(
        "what can't work says what and where",
        arguments: [
            (
                "role_arn = r\nsource_profile = a\n[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a",
                "default -> a -> b -> a"
            ),
            ("role_arn = r\nsource_profile = gone", "no profile `gone` in /h/.aws/config and /h/.aws/credentials"),
            ("role_arn = r\nsource_profile = a\n[a]\naws_access_key_id = x", "should say [profile a]"),
            ("role_arn = r\nsource_profile = a\n[profile a]\nregion = x", "which has no credentials"),
            ("role_arn = r\nsource_profile = default", "has no keys"),
            ("role_arn = r", "nothing to assume the role with"),
            ("role_arn = r\nsource_profile = a\ncredential_source = Environment", "more than one of"),
            ("role_arn = r\ncredential_source = Elsewhere", "credential_source = Elsewhere"),
            ("role_arn = r\nsource_profile = default\nmfa_serial = arn:x", "mfa_serial"),
            ("role_arn = r\ncredential_source = Environment\nduration_seconds = 60", "duration_seconds"),
            ("sso_start_url = https://x", "not supported"), ("sso_session = x", "not supported"),
        ])
    func faults(_ settings: String, _ expected: String) throws {
        let error = try error("[default]\n\(settings)\n")
        #expect(error.kind == .misconfigured)
        #expect(error.detail.contains(expected), "\(error)")
    }

    @Test("where profiles are looked for, and which one")
    func places() throws {
        let none = try Profiles.load(.of())
        #expect(none.selected == nil)
        #expect(none.absence(of: "default").contains("~/.aws/config (HOME not set)"))
        let elsewhere = try Profiles.load(
            .of(
                [
                    "HOME": "/h", "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "/s",
                    "AWS_DEFAULT_PROFILE": "p",
                ],
                files: ["/h/c": "[profile p]\nregion = eu-north-1\n"]))
        #expect(elsewhere.selected?["region"] == "eu-north-1")
        #expect(elsewhere.absence(of: "q") == "no profile `q` in /h/c and /s (no such file)")
        let broken = #expect(throws: Profiles.Fault.self) {
            try Profiles.load(.of(["HOME": "/h"], files: ["/h/.aws/config": "[default]\nmy-secret\n"]))
        }
        #expect(broken?.detail == "/h/.aws/config, line 2: neither a [section], a key = value, nor a comment")
    }

    @Test("the region: environment first, then the profile's")
    func region() {
        let files = ["/h/.aws/config": "[default]\nregion = eu-central-1\n"]
        #expect(Region.resolve(.of(["HOME": "/h"], files: files)) == "eu-central-1")
        #expect(Region.resolve(.of(["HOME": "/h", "AWS_DEFAULT_REGION": "b"], files: files)) == "b")
        #expect(Region.resolve(.of(["HOME": "/h", "AWS_DEFAULT_REGION": "b", "AWS_REGION": "a"], files: files)) == "a")
        #expect(Region.resolve(.of()) == nil)
        #expect(
            Region.isValid("us-gov-west-1") && !Region.isValid("a.b") && !Region.isValid("") && !Region.isValid("A"))
    }
}
