import Foundation
import Model

/// The JSON that container endpoints, the instance metadata service and credential processes answer with.
struct CredentialDocument: Decodable {
    var accessKeyId: String?
    var secretAccessKey: String?
    /// `Token` from endpoints, `SessionToken` from processes.
    var token: String?
    var sessionToken: String?
    var expiration: String?
    var version: Int?
    var code: String?
    var message: String?
    /// The container endpoints write these two small when they refuse.
    var refusalCode: String?
    var refusalMessage: String?

    private enum CodingKeys: String, CodingKey {
        case accessKeyId = "AccessKeyId"
        case secretAccessKey = "SecretAccessKey"
        case token = "Token"
        case sessionToken = "SessionToken"
        case expiration = "Expiration"
        case version = "Version"
        case code = "Code"
        case message = "Message"
        case refusalCode = "code"
        case refusalMessage = "message"
    }

    /// Why an answer is of no use. Never quotes it: it may hold the secret.
    struct Fault: Error { var detail: String }

    init(_ bytes: [UInt8]) throws(Fault) {
        do { self = try JSONDecoder().decode(CredentialDocument.self, from: Data(bytes)) } catch {
            throw Fault(detail: "the answer is not the JSON document it should be")
        }
    }

    /// Temporary credentials from an endpoint have a token and an end; those of a process may have neither.
    func credentials(from source: String, temporary: Bool) throws(Fault) -> Credentials {
        let token = self.token ?? sessionToken
        guard let accessKeyId, let secretAccessKey, !temporary || (token != nil && expiration != nil) else {
            throw Fault(detail: "the answer lacks one of AccessKeyId, SecretAccessKey, Token and Expiration")
        }
        var end: Timestamp?
        if let expiration {
            end = Timestamp(iso8601: expiration)
            if end == nil { throw Fault(detail: "the answer's Expiration is not a time") }
        }
        guard
            let credentials = Credentials(
                checking: accessKeyId, secretAccessKey, token: token, expiration: end, source: source)
        else { throw Fault(detail: Credentials.badCharacters) }
        return credentials
    }
}
