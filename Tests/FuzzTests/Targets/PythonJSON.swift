import Glibc

/// Python's `json`, in a process of its own that is asked over a socket; `verdicts.py` says how.
final class PythonJSON {
    struct Verdict {
        struct Flags: OptionSet {
            let rawValue: UInt8
            static let isUTF8 = Flags(rawValue: 1)
            static let isJSON = Flags(rawValue: 2)
            static let hasLoneSurrogate = Flags(rawValue: 4)
            static let hasNumberOutOfRange = Flags(rawValue: 8)
            static let hasDuplicateMember = Flags(rawValue: 16)
            static let isEqual = Flags(rawValue: 32)
            static let hasKey = Flags(rawValue: 64)
        }

        var flags: Flags
        var depth: Int
        var error: UInt8
        var key: [UInt8]

        /// Whether docs/json-policy.md takes it, depth aside.
        var isTaken: Bool {
            flags.isSuperset(of: [.isUTF8, .isJSON])
                && flags.isDisjoint(with: [.hasLoneSurrogate, .hasNumberOutOfRange])
        }
    }

    private let socket: CInt

    init(script: String) throws {
        var ends: [CInt] = [0, 0]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Breach(description: "no socket to ask Python over")
        }
        socket = ends[0]
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        // SAFETY: the arguments live until posix_spawnp has returned, and it copies them.
        var arguments = ["python3", script].map { (argument: String) in strdup(argument) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        guard posix_spawnp(&child, "python3", &actions, nil, &arguments, environ) == 0 else {
            throw Breach(description: "python3 does not start")
        }
    }

    // It ends when it reads the end.
    deinit { close(socket) }

    /// What Python says of a text.
    func verdict(_ text: some Collection<UInt8>) throws -> Verdict { try ask("T", text) }

    /// What Python says of a text, and whether it is the value that the next element of the text asked last has.
    func verdict(element text: some Collection<UInt8>) throws -> Verdict { try ask("E", text) }

    private func ask(_ kind: Unicode.Scalar, _ text: some Collection<UInt8>) throws -> Verdict {
        let length = UInt32(text.count)
        var question = [UInt8(ascii: kind)] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) }
        question += text
        var sent = 0
        while sent < question.count {
            let count = question[sent...].withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Breach(description: "Python does not listen") }
            sent += count
        }
        let head = try receive(8)
        let count = head[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
        return Verdict(
            flags: .init(rawValue: head[0]), depth: Int(head[1]) | Int(head[2]) << 8, error: head[3],
            key: try receive(count))
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + got, count - got, 0) }
            // libFuzzer keeps time by a signal.
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { throw Breach(description: "Python does not answer") }
            got += more
        }
        return bytes
    }
}
