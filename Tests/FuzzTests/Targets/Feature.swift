#if SLUICE_FUZZ
    import FuzzFeatures
#endif

/// Tells libFuzzer what an input did that coverage does not show; nothing in tests.
enum Feature {
    static func note(_ feature: UInt32) {
        #if SLUICE_FUZZ
            sluice_fuzz_feature(feature)
        #endif
    }
}
