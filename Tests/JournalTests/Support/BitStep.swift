import Foundation

/// Which bits the flip tests flip: every 37th, so that a debug run stays short; all of them with `SLUICE_EVERY_BIT=1`.
enum BitStep {
    static var step: Int { ProcessInfo.processInfo.environment["SLUICE_EVERY_BIT"] == "1" ? 1 : 37 }
}
