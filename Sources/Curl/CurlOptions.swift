/// What holds for all requests of one client.
package struct CurlOptions: Sendable {
    /// Exchanges under way at once; more wait their turn, and only then does their clock start. Default 64.
    package var concurrencyMax = 64
    /// A file of PEM certificates to trust instead of the system's.
    package var caFile: String?
    /// An idle connection older than this is not used again. Servers close theirs after 20 s or more, and a request that
    /// meets a closing connection has an unknown outcome. Default 15 s.
    package var idleMax: Duration = .seconds(15)

    package init() {}
}
