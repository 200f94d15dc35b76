package import Landing
package import Model

/// One of the landing zones to be checked together.
package struct AuditZone: Sendable {
    /// By which the ledger knows it, where that is known.
    package var name: ZoneName?
    package var reader: any LandingZoneReader

    package init(_ reader: any LandingZoneReader, name: ZoneName? = nil) {
        self.reader = reader
        self.name = name
    }

    /// For people.
    var description: String { name.map { "zone \($0) (\(reader.place))" } ?? reader.place }
}

/// How far a check has come.
package struct AuditProgress: Sendable {
    /// Listed so far; the total is not known before the end.
    package var listed = 0
    package var read = 0
    package var bytes: Int64 = 0
}
