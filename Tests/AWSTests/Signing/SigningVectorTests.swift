import Testing

@testable import AWS

@Suite struct SigningVectors {
    @Test("the suite is whole") func whole() {
        #expect(SigningVector.all.isEmpty || SigningVector.all.count == 38)
    }

    @Test("signed by header, as AWS does it", arguments: SigningVector.all)
    func header(_ vector: SigningVector) throws {
        let steps = vector.signer.headerSignature(vector.request, credentials: vector.credentials, at: vector.moment)
        #expect(try steps.request.text == vector.expected("header-canonical-request"))
        #expect(try steps.stringToSign == vector.expected("header-string-to-sign"))
        #expect(try steps.text == vector.expected("header-signature"))
        let added = vector.signer.headers(for: vector.request, credentials: vector.credentials, at: vector.moment)
        #expect(
            try vector.wire(query: vector.request.query, adding: added) == vector.expected("header-signed-request"))
    }

    @Test("signed by query, as AWS does it", arguments: SigningVector.all)
    func query(_ vector: SigningVector) throws {
        let steps = vector.signer.querySignature(
            vector.request, credentials: vector.credentials, at: vector.moment, lifetime: vector.lifetime)
        #expect(try steps.request.text == vector.expected("query-canonical-request"))
        #expect(try steps.stringToSign == vector.expected("query-string-to-sign"))
        #expect(try steps.text == vector.expected("query-signature"))
        let query = vector.signer.presignedQuery(
            for: vector.request, credentials: vector.credentials, at: vector.moment, lifetime: vector.lifetime)
        #expect(try vector.wire(query: query) == vector.expected("query-signed-request"))
    }
}
