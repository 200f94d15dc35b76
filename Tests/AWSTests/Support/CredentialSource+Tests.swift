import AWS
import Curl

extension CredentialSource {
    /// Asks and waits.
    func ask() -> Result<Credentials, CredentialError> {
        let answer = Answer<Result<Credentials, CredentialError>>()
        credentials { answer.give($0) }
        return answer.wait()
    }

    /// The error; nil when there was none.
    func error() -> CredentialError? {
        if case .failure(let error) = ask() { return error }
        return nil
    }
}
