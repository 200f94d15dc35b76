/// Which region to sign for, where settings don't say.
package enum Region {
    /// `AWS_REGION`, `AWS_DEFAULT_REGION`, or the profile's `region`; nil when none is there or the files can't be read.
    package static func resolve(_ surroundings: Surroundings) -> String? {
        if let region = surroundings["AWS_REGION"] ?? surroundings["AWS_DEFAULT_REGION"] { return region }
        return try? Profiles.load(surroundings).selected?["region"]
    }

    /// Whether it can be part of a host name and of a signature's scope.
    package static func isValid(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }
}
