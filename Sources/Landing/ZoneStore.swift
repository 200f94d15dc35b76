package import Curl
package import Files
package import Model

/// A landing zone of either kind, for a gateway that has several.
package enum ZoneStore<FS: FileSystem, HTTP: HTTPClient, Time: TimeSource>: ObjectStore {
    case directory(DirectoryStore<FS>)
    case s3(S3Store<FS, HTTP, Time>)

    package var createsOnlyByConstruction: Bool {
        switch self {
        case .directory(let store): store.createsOnlyByConstruction
        case .s3(let store): store.createsOnlyByConstruction
        }
    }

    package func create(_ object: NewObject, completion: @escaping @Sendable (CreateOutcome) -> Void) {
        switch self {
        case .directory(let store): store.create(object, completion: completion)
        case .s3(let store): store.create(object, completion: completion)
        }
    }

    package func interrupt() {
        switch self {
        case .directory(let store): store.interrupt()
        case .s3(let store): store.interrupt()
        }
    }

    package func inspect(_ name: String, completion: @escaping @Sendable (InspectOutcome) -> Void) {
        switch self {
        case .directory(let store): store.inspect(name, completion: completion)
        case .s3(let store): store.inspect(name, completion: completion)
        }
    }

    package func readPrefix(_ name: String, count: Int, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        switch self {
        case .directory(let store): store.readPrefix(name, count: count, completion: completion)
        case .s3(let store): store.readPrefix(name, count: count, completion: completion)
        }
    }
}
