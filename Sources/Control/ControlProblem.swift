/// Why the control plane refuses, as an RFC 9457 problem. Details are our own words; nothing that was sent is repeated.
package struct ControlProblem: Error, Sendable {
    /// Every kind; `docs/control.md` and the OpenAPI document are held to this list. Slugs are stable.
    package enum Kind: String, Sendable, CaseIterable {
        case malformedRequest = "malformed-request"
        case invalidValue = "invalid-value"
        case unauthorized
        case forbidden
        case originRefused = "origin-refused"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case requestTimeout = "request-timeout"
        case nameTaken = "name-taken"
        case lastAdmin = "last-admin"
        case tooManyKeys = "too-many-keys"
        case bodyTooLarge = "body-too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case misdirected
        case settingsFaulty = "settings-faulty"
        case notSaved = "not-saved"
        case landingUnavailable = "landing-unavailable"
        case overloaded

        package var status: Int {
            switch self {
            case .malformedRequest, .invalidValue: 400
            case .unauthorized: 401
            case .forbidden, .originRefused: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .nameTaken, .lastAdmin, .tooManyKeys: 409
            case .bodyTooLarge: 413
            case .unsupportedMediaType: 415
            case .misdirected: 421
            case .settingsFaulty: 422
            case .notSaved, .landingUnavailable, .overloaded: 503
            }
        }

        package var title: String {
            switch self {
            case .malformedRequest: "The request is not well-formed"
            case .invalidValue: "A value is not valid"
            case .unauthorized: "A valid operator's key is needed"
            case .forbidden: "The operator's role does not allow this"
            case .originRefused: "A page of another origin may not ask this"
            case .notFound: "There is no such thing here"
            case .methodNotAllowed: "The method is not allowed here"
            case .requestTimeout: "The body did not arrive in time"
            case .nameTaken: "The name is taken"
            case .lastAdmin: "The last admin stays"
            case .tooManyKeys: "There are too many keys under this name"
            case .bodyTooLarge: "The body is too large"
            case .unsupportedMediaType: "The body must be JSON"
            case .misdirected: "This host name is not served here"
            case .settingsFaulty: "The settings are faulty; the old ones stay in force"
            case .notSaved: "The change could not be made durable; nothing was changed"
            case .landingUnavailable: "The landing zone cannot be reached"
            case .overloaded: "Too many ask at once"
            }
        }
    }

    package var kind: Kind
    package var detail: String
    /// `Allow`, for 405.
    var allow: String?
    /// The faults of a settings file, each with its place.
    var faults: [String]?

    package init(_ kind: Kind, _ detail: String, allow: String? = nil, faults: [String]? = nil) {
        self.kind = kind
        self.detail = detail
        self.allow = allow
        self.faults = faults
    }
}
