import Foundation
import Simulation

extension SeededGenerator {
    /// Mostly near the lower end, now and then up to the upper: each power of ten is as likely as the next.
    mutating func spread(_ range: ClosedRange<Double>) -> Duration {
        let exponent = Double.random(in: log10(range.lowerBound)...log10(range.upperBound), using: &self)
        return .seconds(pow(10, exponent))
    }

    /// Spread evenly between the two.
    mutating func duration(_ range: ClosedRange<Double>) -> Duration {
        .seconds(Double.random(in: range, using: &self))
    }

    /// True once in so many times.
    mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &self) == 0 }
}
