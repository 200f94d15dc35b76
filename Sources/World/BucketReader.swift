import Landing

/// The bucket at one moment, as `sluice verify` reads it.
struct BucketReader: LandingZoneReader {
    let objects: [String: [UInt8]]

    var place: String { "the simulated bucket" }

    func page(of prefix: String, after: String?) -> ListingPage {
        ListingPage(
            objects: objects.filter { $0.key.hasPrefix(prefix) && $0.key.hasSuffix(".json.gz") }
                .map { StoredObject(name: $0.key, length: Int64($0.value.count)) }.sorted { $0.name < $1.name })
    }

    func read(_ object: StoredObject, at offset: Int64, count: Int) -> [UInt8]? {
        objects[object.name].map { Array($0[Int(offset)...].prefix(count)) }
    }
}
