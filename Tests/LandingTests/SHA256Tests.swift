import Model
import Testing

@Suite struct Hashing {
    @Test("the hash of FIPS 180-4's example, in pieces and through a copy")
    func example() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        var hash = SHA256()
        Array("ab".utf8).withUnsafeBytes { hash.update($0) }
        var copy = hash
        Array("x".utf8).withUnsafeBytes { hash.update($0) }
        Array("c".utf8).withUnsafeBytes { copy.update($0) }
        #expect(hex(copy.finish()) == expected)
        #expect(hex(hash.finish()) != expected)
        #expect(hex(SHA256.hash(Array("abc".utf8))) == expected)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }
}
