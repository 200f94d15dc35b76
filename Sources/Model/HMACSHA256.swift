internal import CCrypto

/// HMAC with SHA-256 (RFC 2104) by libcrypto.
package enum HMACSHA256 {
    /// The 32 bytes of the code for the message under the key; both may be empty.
    package static func code(for message: some Collection<UInt8>, key: some Collection<UInt8>) -> [UInt8] {
        let message = Array(message)
        let key = Array(key)
        return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length: UInt32 = 0
            // SAFETY: libcrypto reads the two arrays and writes 32 bytes, all within this call. An empty array has no
            // address, which HMAC() takes as "the key of the last call": so an empty key is given as one zero byte,
            // which is the same key once it is padded.
            let key = key.isEmpty ? [0] : key
            precondition(
                HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, buffer.baseAddress, &length) != nil)
            count = Int(length)
        }
    }
}
