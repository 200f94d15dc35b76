import Curl
import Foundation
import Testing

@testable import AWS

@Suite struct CredentialProcesses {
    private func run(_ command: String, timeout: Duration = .seconds(60)) -> Result<Credentials, CredentialError> {
        let answer = Answer<Result<Credentials, CredentialError>>()
        CredentialProcess(command: command, profile: "p", timeout: timeout).run { answer.give($0) }
        return answer.wait()
    }

    private func detail(_ command: String, timeout: Duration = .seconds(60)) -> String {
        if case .failure(let error) = run(command, timeout: timeout) { return error.detail }
        return "no error"
    }

    @Test("what it prints, through the shell, with quotes")
    func output() throws {
        let credentials = try run(
            #"printf '%s' '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":"t","Expiration":"2030-01-01T00:00:00Z"}'"#
        ).get()
        #expect(credentials.accessKeyID == "AKIA" && credentials.sessionToken?.reveal() == "t")
        #expect(credentials.expiration != nil && credentials.source == "credential_process of profile `p`")
        let lasting = try run(#"echo '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s"}'"#).get()
        #expect(lasting.sessionToken == nil && lasting.expiration == nil)
    }

    @Test("failures say what went wrong and never what was printed")
    func failures() {
        #expect(detail("echo hush; exit 3").hasSuffix("it ended with code 3"))
        #expect(detail("kill -9 $$").hasSuffix("it was killed by signal 9"))
        #expect(detail("/no/such/command 2>/dev/null").hasSuffix("it ended with code 127"))
        #expect(detail("echo hush").hasSuffix("not the JSON document it should be"))
        #expect(
            detail(#"echo '{"Version":2,"AccessKeyId":"hush","SecretAccessKey":"s"}'"#).hasSuffix("Version is not 1"))
        #expect(detail("head -c 100000 /dev/zero").hasSuffix("more than 65536 bytes"))
    }

    @Test("one that hangs is killed with all that it started")
    func hanging() throws {
        let mark = FileManager.default.temporaryDirectory.appendingPathComponent("process-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: mark) }
        let started = ContinuousClock.now
        #expect(
            detail("sleep 300 & echo $! > \(mark.path); sleep 300", timeout: .seconds(1)).contains("took longer than"))
        #expect(ContinuousClock.now - started < .seconds(20))
        let child = try String(contentsOf: mark, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        // The signal takes its time, and a killed process may linger as a zombie until its new parent collects it.
        var isGone = false
        while !isGone, ContinuousClock.now - started < .seconds(20) {
            let stat = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            isGone = stat == nil || stat!.contains(") Z ")
        }
        #expect(isGone)
    }
}
