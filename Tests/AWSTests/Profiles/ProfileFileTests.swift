import Testing

@testable import AWS

@Suite struct ProfileFiles {
    @Test("comments, quotes, case, white space, line ends, merged sections and nested settings")
    func syntax() throws {
        let file = try ProfileFile(
            "\u{FEFF}# top\r\n; also\r\n[default] # the default\r\nRegion = eu-west-1 \r\n"
                + "aws_secret_access_key=a/b+c=d#e;f   # not the key\n"
                + "s3 =\n  addressing_style = path\n  max_concurrent_requests = 20\noutput =\n\n"
                + "[ profile\t \"my role\" ]\nrole_arn = arn:aws:iam::1:role/x\n[profile 'q']\n"
                + "[default]\n  region = us-east-1\n  output = json\n")
        #expect(
            file.sections == [
                "default": [
                    "region": "us-east-1", "aws_secret_access_key": "a/b+c=d#e;f", "s3": "", "output": "json",
                ],
                "profile my role": ["role_arn": "arn:aws:iam::1:role/x"], "profile q": [:],
            ])
    }

    @Test("an error names the line and not what is in it")
    func errors() throws {
        for (text, line) in [
            ("a = b\n", 1), ("[x]\nsecret\n", 2), ("[x]\n\n# c\n= secret\n", 4), ("[x\n", 1),
        ] {
            let error = #expect(throws: ProfileFile.SyntaxError.self) { try ProfileFile(text) }
            #expect(error?.line == line)
            #expect(error.map { "\($0)".contains("secret") } == false)
        }
        #expect(try ProfileFile("").sections.isEmpty)
    }
}
