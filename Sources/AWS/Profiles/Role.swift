/// A role to assume, as a profile or the environment describes it.
struct Role: Hashable, Sendable {
    var arn: String
    /// Shows in CloudTrail.
    var sessionName: String
    var externalID: String?
    /// How long the credentials shall last; the service's default (one hour) when nil.
    var lifetime: Duration?
}
