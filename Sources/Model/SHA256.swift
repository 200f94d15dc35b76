import CCrypto

/// A running SHA-256 over libcrypto, which uses the processor's SHA instructions where there are any.
package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory for a hash") }
        let started = EVP_DigestInit_ex(context, EVP_sha256(), nil)
        precondition(started == 1, "libcrypto has no SHA-256")
        self.context = context
    }

    private init(copyOf other: OpaquePointer) {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory for a hash") }
        let copied = EVP_MD_CTX_copy_ex(context, other)
        precondition(copied == 1, "libcrypto could not copy a hash")
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let updated = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(updated == 1, "libcrypto could not hash")
    }

    /// A second hash that goes on from the same state: the way to know the hash so far.
    package borrowing func copy() -> SHA256 { SHA256(copyOf: context) }

    /// The 32 bytes of the hash.
    package consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
            let finished = EVP_DigestFinal_ex(context, bytes.baseAddress, nil)
            precondition(finished == 1, "libcrypto could not finish a hash")
            count = 32
        }
    }

    /// The hash of these bytes alone.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The hash of these bytes alone.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }
}
