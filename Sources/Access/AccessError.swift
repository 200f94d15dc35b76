package import Model

/// Why the access book could not be read or changed.
package enum AccessError: Error, Sendable, CustomStringConvertible {
    /// The file is there and can't be read or understood. Nothing was changed.
    case unreadable(file: String, reason: String)
    /// It was read, and may be another one after a power cut: a key that was revoked must not come back.
    case notDurable(file: String, reason: String)
    /// The change could not be made durable; the book is as before.
    case notSaved(file: String, reason: String)
    case nameTaken(PrincipalName)
    case unknownName(PrincipalName)
    case unknownKey(String)
    /// Without it nobody could manage operators any more.
    case lastAdmin(PrincipalName)
    /// A producer may hold at most this many keys, expired ones not counted.
    case tooManyKeys(limit: Int)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): \(reason); mend it, or restore it from a backup: without it every key is refused"
        case .notDurable(let file, let reason):
            "\(file) is whole, and its directory can't be synced: \(reason); mend the disk, not the file"
        case .notSaved(let file, let reason): "\(file): the change could not be saved, and was not made: \(reason)"
        case .nameTaken(let name): "the name \(name) is taken"
        case .unknownName(let name): "nobody has the name \(name)"
        case .unknownKey(let id): "there is no key \(id) under this name"
        case .lastAdmin(let name): "\(name) is the last admin with a valid key; add another admin first"
        case .tooManyKeys(let limit): "at most \(limit) keys under one name; revoke one first"
        }
    }
}
