package import Model
package import Payload

/// A strong stream's batch as one object: its name comes from producer and batch key alone, so every gateway of every
/// region gives the same batch the same name, and the create-only rule makes it one.
package enum KeyedObject {
    /// `<stream>/keyed/<first 2 hex>/<sha256 of producer + NUL + batch key>.json.gz`.
    package static func name(stream: StreamName, identity: BatchIdentity) -> String {
        let hex = identity.sha256Hex
        return "\(stream)/keyed/\(hex.prefix(2))/\(hex).json.gz"
    }
}
