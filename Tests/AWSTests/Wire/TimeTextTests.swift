import Model
import Testing

@testable import AWS

@Suite struct TimesAsText {
    @Test(
        "every form in which AWS writes an expiry time",
        arguments: [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600000Z"),
            ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05+0130", "2026-01-02T01:34:05.000000Z"),
            ("2026-01-02T23:04:05-01:00", "2026-01-03T00:04:05.000000Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
        ])
    func good(_ text: String, _ expected: String) { #expect(Timestamp(iso8601: text)?.description == expected) }

    @Test(
        "no time",
        arguments: [
            "", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "2026-02-29T00:00:00Z",
            "2026-01-02T24:04:05Z",
            "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+1:00", "2026-01-02T03:04:05Zx", "+026-01-02T03:04:05Z",
            "2026-01-02T03:04:05+00:0a", "1767323045",
        ])
    func bad(_ text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test("the Date header is read in its preferred form only")
    func date() {
        #expect(HTTPDate.parse("Sun, 06 Nov 1994 08:49:37 GMT")?.description == "1994-11-06T08:49:37.000000Z")
        for text in [
            "Sun,  06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 31 Feb 1994 08:49:37 GMT", "",
        ] {
            #expect(HTTPDate.parse(text) == nil, "\(text)")
        }
    }
}
