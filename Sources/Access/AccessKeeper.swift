package import Model

/// Who may send and who may steer, as the control plane asks and changes it. ``AccessBook`` is the one there is; the
/// protocol is for those who need not know on which files it is kept.
package protocol AccessKeeper: Sendable {
    var producers: [ProducerRecord] { get }
    var operators: [OperatorRecord] { get }
    func identify(authorization: String?, now: Timestamp) -> OperatorIdentity?
    func addProducer(
        _ name: PrincipalName, streams: StreamGrant, quota: Quota, key: AccessKey, expiresAt: Timestamp?
    ) throws(AccessError)
    func addOperator(
        _ name: PrincipalName, role: OperatorRole, key: AccessKey, expiresAt: Timestamp?
    ) throws(AccessError)
    func add(_ key: AccessKey, toProducer name: PrincipalName, expiresAt: Timestamp?) throws(AccessError)
    func add(_ key: AccessKey, toOperator name: PrincipalName, expiresAt: Timestamp?) throws(AccessError)
    func changeProducer(
        _ name: PrincipalName, streams: StreamGrant?, quota: Quota?
    ) throws(AccessError) -> ProducerRecord
    func revoke(producer name: PrincipalName, key id: String?) throws(AccessError)
    func revoke(operator name: PrincipalName, key id: String?) throws(AccessError)
    func reload() throws(AccessError)
}

extension AccessBook: AccessKeeper {}
