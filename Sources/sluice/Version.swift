/// The version of this build, also written into the ledger.
enum Version {
    static let current = "0.1.0"
}
