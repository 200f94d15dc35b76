internal import CLinux
import Foundation
import Glibc

/// A `credential_process`: a command whose output is a JSON document with credentials, run by `/bin/sh`.
///
/// Its errors go to this process's standard error; its output is never shown.
struct CredentialProcess: Sendable {
    let command: String
    let profile: String
    /// How long it may take. The default is one minute.
    var timeout = Duration.seconds(60)

    private static let outputMax = 64 << 10

    /// Runs it on a thread of its own; calls back there.
    func run(_ completion: @escaping @Sendable (Result<Credentials, CredentialError>) -> Void) {
        let thread = Thread { completion(run()) }
        thread.name = "credential-process"
        thread.stackSize = 1 << 20
        thread.start()
    }

    private func run() -> Result<Credentials, CredentialError> {
        do throws(CredentialDocument.Fault) {
            let document = try CredentialDocument(try output())
            guard document.version == 1 else {
                throw CredentialDocument.Fault(detail: "the answer's Version is not 1")
            }
            return .success(
                try document.credentials(from: "credential_process of profile `\(profile)`", temporary: false))
        } catch {
            return .failure(
                CredentialError(
                    .unavailable, "credential_process of profile `\(profile)`: \(error.detail)",
                    advice: "Run the command by hand, as the user of this process, and look at what it prints"))
        }
    }

    /// What the command printed, when it ended well and in time.
    private func output() throws(CredentialDocument.Fault) -> [UInt8] {
        var ends: [Int32] = [-1, -1]
        guard sluice_pipe(&ends) == 0 else { throw fault("no pipe for it", errno) }
        defer { close(ends[0]) }
        let child: pid_t
        do throws(CredentialDocument.Fault) { child = try spawn(output: ends[1]) } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        let (bytes, problem) = read(ends[0])
        // It leads a process group, so that what it started goes with it.
        if problem != nil { kill(-child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        if let problem { throw CredentialDocument.Fault(detail: problem) }
        guard status == 0 else {
            let signal = status & 0x7F
            throw CredentialDocument.Fault(
                detail: signal == 0 ? "it ended with code \(status >> 8 & 0xFF)" : "it was killed by signal \(signal)")
        }
        return bytes
    }

    private func spawn(output: Int32) throws(CredentialDocument.Fault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process may block or ignore signals; the command must not inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // SAFETY: the arguments live until posix_spawn has returned, and it copies them.
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        for argument in ["sh", "-c", command] { arguments.append(strdup(argument)) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw fault("/bin/sh did not start", code) }
        return child
    }

    /// Until the output ends; or what is wrong with it.
    private func read(_ descriptor: Int32) -> ([UInt8], String?) {
        let deadline = ContinuousClock.now + timeout
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return (bytes, "it took longer than \(timeout)") }
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            guard poll(&wait, 1, Int32(milliseconds) + 1) > 0 else { continue }
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 { if errno == EINTR { continue } else { return (bytes, "its output could not be read") } }
            if count == 0 { return (bytes, nil) }
            bytes += piece[..<count]
            if bytes.count > Self.outputMax { return (bytes, "it printed more than \(Self.outputMax) bytes") }
        }
    }

    private func fault(_ what: String, _ code: Int32) -> CredentialDocument.Fault {
        CredentialDocument.Fault(detail: "\(what): \(String(cString: strerror(code)))")
    }
}
