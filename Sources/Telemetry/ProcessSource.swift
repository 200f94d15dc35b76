import Glibc

/// The process itself, as `/proc/self` and the kernel say it.
package enum ProcessSource {
    /// `startedAt`: seconds since 1970.
    package static func samples(startedAt: Double) -> [Sample] {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let cpu = [usage.ru_utime, usage.ru_stime].reduce(0.0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
        return [
            Sample(.residentBytes, [], Double(residentBytes())), Sample(.cpuSeconds, [], cpu),
            Sample(.openDescriptors, [], Double(openDescriptors())), Sample(.startTime, [], startedAt),
        ]
    }

    /// The second number of `/proc/self/statm`, in pages.
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    private static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Less `.`, `..` and the descriptor that lists.
        return max(0, count - 3)
    }
}
