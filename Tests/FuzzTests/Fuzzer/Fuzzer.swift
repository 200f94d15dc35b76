import Glibc

// libFuzzer's main calls these. SLUICE_FUZZ_TARGET names the target; without one, the names are printed. Only `make fuzz`
// builds this.

nonisolated(unsafe) private var target: FuzzTarget?

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _: UnsafeMutablePointer<CInt>?, _: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    let name = getenv("SLUICE_FUZZ_TARGET").map { String(cString: $0) }
    target = FuzzTarget.all.first { $0.name == name }
    if target == nil {
        for target in FuzzTarget.all { print(target.name) }
        exit(0)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target, count <= target.maxBytes else { return -1 }
    do {
        try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        fatalError("\(target.name): \(error)")
    }
    return 0
}
