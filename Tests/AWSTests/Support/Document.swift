/// The answer of a metadata service or container endpoint.
enum Document {
    static func credentials(
        key: String = "ASIAEXAMPLE", secret: String = "a-secret", token: String = "a-token",
        expiration: String = "2030-01-02T03:04:05Z"
    ) -> String {
        """
        {"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"\(key)",
         "SecretAccessKey":"\(secret)","Token":"\(token)","Expiration":"\(expiration)","AccountId":"123456789012"}
        """
    }
}
