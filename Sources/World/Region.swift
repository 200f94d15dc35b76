import Model

/// Gateways side by side, on links that they share: what befalls a link befalls all of them.
final class Region {
    let name: String
    /// To each landing zone.
    let links: [ZoneName: Link]
    var machines: [Machine] = []

    init(_ name: String, links: [ZoneName: Link]) {
        self.name = name
        self.links = links
    }
}
