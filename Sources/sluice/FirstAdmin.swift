import Access
import Foundation
import Gateway
import Glibc
import Logging
import Model
import SystemPackage

/// Makes the first admin, when keys are needed and nobody has one that could make others.
enum FirstAdmin {
    static let name = PrincipalName("first-admin")!

    /// Leaves the key in a file that only this user can read, and says where; the key itself is never logged.
    static func makeIfNeeded(
        _ access: some AccessKeeper, hasAdmin: Bool, directory: FilePath, gateway: any ControlPlaneIntake, log: Logger
    ) throws {
        guard !hasAdmin else { return }
        let key = AccessKey.random(.operator)
        let path = directory.appending("first-admin.key")
        try write(key.text + "\n", to: path)
        gateway.record(
            TrailEntry(
                .operatorAdded, by: .gateway, on: name.rawValue, reason: "there was no admin with a valid key",
                after: ["role": OperatorRole.admin.rawValue, "key_id": key.id])
        ) { _ in }
        // Expired, or without a key: nobody holds a valid one, or there would be an admin.
        if access.operators.contains(where: { $0.name == name }) { try access.revoke(operator: name, key: nil) }
        try access.addOperator(name, role: .admin, key: key, expiresAt: nil)
        log.notice(
            "there is no admin yet: a key for one is in a file; make operators of your own with it, then revoke it",
            metadata: ["file": "\(path)", "operator": "\(name)"])
    }

    private static func write(_ text: String, to path: FilePath) throws {
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try descriptor.closeAfter {
            // An older file may have had other permissions.
            _ = fchmod(descriptor.rawValue, 0o600)
            try descriptor.writeAll(text.utf8)
            if fsync(descriptor.rawValue) != 0 { throw Errno(rawValue: errno) }
        }
    }
}
