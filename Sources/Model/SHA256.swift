internal import CCrypto

/// SHA-256 (FIPS 180-4) by libcrypto, incremental. A copy is a snapshot: the original goes on from where it was.
package struct SHA256: Sendable {
    /// Owns the libcrypto context; copied on write.
    private final class Context: @unchecked Sendable {
        // SAFETY: mutated only by the one SHA256 value that holds it uniquely; see `update`.
        let pointer: OpaquePointer

        init() {
            pointer = EVP_MD_CTX_new()!
            precondition(EVP_DigestInit_ex(pointer, EVP_sha256(), nil) == 1)
        }
        init(copying other: Context) {
            pointer = EVP_MD_CTX_new()!
            precondition(EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1)
        }
        deinit { EVP_MD_CTX_free(pointer) }
    }

    private var context = Context()

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        if !isKnownUniquelyReferenced(&context) { context = Context(copying: context) }
        precondition(EVP_DigestUpdate(context.pointer, base, bytes.count) == 1)
    }

    /// The 32 bytes of the digest of what was given so far.
    package func finish() -> [UInt8] {
        let last = Context(copying: context)
        return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length: UInt32 = 0
            precondition(EVP_DigestFinal_ex(last.pointer, buffer.baseAddress, &length) == 1)
            count = Int(length)
        }
    }

    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    package static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }
}
