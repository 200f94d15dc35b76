extension SettingsKey {
    /// What the names and values of a mapping may be.
    package struct PairRule: Sendable, Equatable {
        package enum Words: Sendable {
            /// S3's rules for object tags.
            case tags
            /// S3's user metadata: names become header names.
            case metadata
        }

        package var words: Words
        package var most: Int

        /// What is wrong with a pair; `nil` when nothing is.
        func fault(name: String, value: String) -> String? {
            switch words {
            case .tags:
                guard (1...128).contains(name.count), value.count <= 256 else {
                    return "a tag has a name of 1 to 128 characters and a value of at most 256"
                }
                guard (name + value).wholeMatch(of: #/[\p{L}\p{N} +=._:\/@-]*/#) != nil, !name.hasPrefix("aws:") else {
                    return "a tag is made of letters, digits, spaces and + - = . _ : / @, and does not begin with aws:"
                }
            case .metadata:
                guard name.wholeMatch(of: #/[a-z0-9][a-z0-9-]{0,62}/#) != nil, !name.hasPrefix("sluice-") else {
                    return "a metadata name is [a-z0-9][a-z0-9-]{0,62}; names with sluice- are the gateway's own"
                }
                guard value.utf8.count <= 512, value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                    return "a metadata value is at most 512 bytes of printable ASCII"
                }
            }
            return nil
        }
    }
}
