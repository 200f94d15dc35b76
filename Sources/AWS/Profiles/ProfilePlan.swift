/// How a profile's credentials are to be got, decided from its settings alone.
indirect enum ProfilePlan: Sendable, Hashable {
    case keys(Credentials)
    case process(command: String, profile: String)
    case assume(Role, with: ProfilePlan, profile: String)
    case webIdentity(Role, tokenFile: String, profile: String)
    case environment
    case container
    case instanceMetadata

    /// Nil when the profile has nothing to do with credentials.
    static func make(
        for profile: Profile, of profiles: Profiles, sessionName: String
    ) throws(CredentialError) -> ProfilePlan? {
        try Maker(profiles: profiles, sessionName: sessionName).plan(profile, sourceOf: [])
    }

    private struct Maker {
        let profiles: Profiles
        let sessionName: String

        /// `chain` are the profiles that want this one's credentials, the first of them asked for by name.
        func plan(_ profile: Profile, sourceOf chain: [String]) throws(CredentialError) -> ProfilePlan? {
            // A profile that other ones draw on gives its keys where it has some, even if it names a role of its own.
            if !chain.isEmpty, let keys = try keys(profile) { return .keys(keys) }
            if let arn = profile["role_arn"] { return try roles(profile, arn, chain) }
            if let keys = try keys(profile) { return .keys(keys) }
            if let command = profile["credential_process"] {
                return .process(command: command, profile: profile.name)
            }
            if profile.has(prefix: "sso_") {
                throw fault(
                    "\(profile) signs in through IAM Identity Center (sso_*), which is not supported: it needs a person",
                    "For a service use a role: an instance profile, web identity, or role_arn in a profile. To try things "
                        + "out, set credential_process to `aws configure export-credentials --profile \(profile.name)` in "
                        + "another profile")
            }
            return nil
        }

        private func keys(_ profile: Profile) throws(CredentialError) -> Credentials? {
            switch (profile["aws_access_key_id"], profile["aws_secret_access_key"]) {
            case (nil, nil): return nil
            case (let key?, let secret?):
                guard
                    let keys = Credentials(
                        checking: key, secret, token: profile["aws_session_token"], expiration: nil,
                        source: profile.description)
                else { throw fault("\(profile): \(Credentials.badCharacters)", "Correct it in \(profiles.places)") }
                return keys
            default:
                throw fault(
                    "\(profile) has only one of aws_access_key_id and aws_secret_access_key",
                    "Set both or neither in \(profiles.places)")
            }
        }

        private func roles(_ profile: Profile, _ arn: String, _ chain: [String]) throws(CredentialError) -> ProfilePlan
        {
            if profile["mfa_serial"] != nil {
                throw fault(
                    "\(profile) wants a code from a device (mfa_serial), which a service can't give",
                    "Use a role that trusts this machine without mfa_serial")
            }
            let role = try role(profile, arn)
            switch (profile["web_identity_token_file"], profile["source_profile"], profile["credential_source"]) {
            case (let file?, nil, nil): return .webIdentity(role, tokenFile: file, profile: profile.name)
            case (nil, let source?, nil):
                return .assume(role, with: try drawn(from: source, of: profile, chain), profile: profile.name)
            case (nil, nil, let source?):
                return .assume(role, with: try named(source, profile), profile: profile.name)
            case (nil, nil, nil):
                throw fault(
                    "\(profile) has role_arn, but nothing to assume the role with",
                    "Add source_profile, credential_source or web_identity_token_file")
            default:
                throw fault(
                    "\(profile) has more than one of source_profile, credential_source and web_identity_token_file",
                    "Keep one of them")
            }
        }

        private func role(_ profile: Profile, _ arn: String) throws(CredentialError) -> Role {
            var lifetime: Duration?
            if let text = profile["duration_seconds"] {
                guard let seconds = Int64(text), (900...43_200).contains(seconds) else {
                    throw fault(
                        "\(profile): duration_seconds is not a number from 900 to 43200", "Correct or remove it")
                }
                lifetime = .seconds(seconds)
            }
            return Role(
                arn: arn, sessionName: profile["role_session_name"] ?? sessionName,
                externalID: profile["external_id"], lifetime: lifetime)
        }

        private func drawn(from name: String, of profile: Profile, _ chain: [String]) throws(CredentialError)
            -> ProfilePlan
        {
            if name == profile.name {
                guard let keys = try keys(profile) else {
                    throw fault(
                        "\(profile) is its own source_profile, but has no keys", "Add its keys, or name another")
                }
                return .keys(keys)
            }
            let chain = chain + [profile.name]
            if chain.contains(name) {
                throw fault(
                    "source_profile goes in a circle: \((chain + [name]).joined(separator: " -> "))", "Break the circle"
                )
            }
            guard let source = profiles[name] else {
                throw fault(
                    "\(profile) has source_profile = \(name): \(profiles.absence(of: name))", "Add that profile")
            }
            guard let plan = try plan(source, sourceOf: chain) else {
                throw fault("\(profile) draws on \(source), which has no credentials", "Add its keys or its role")
            }
            return plan
        }

        private func named(_ source: String, _ profile: Profile) throws(CredentialError) -> ProfilePlan {
            switch source {
            case "Environment": return .environment
            case "EcsContainer": return .container
            case "Ec2InstanceMetadata": return .instanceMetadata
            default:
                throw fault(
                    "\(profile): credential_source = \(source) is none of Environment, EcsContainer, Ec2InstanceMetadata",
                    "Use one of these")
            }
        }

        private func fault(_ detail: String, _ advice: String) -> CredentialError {
            CredentialError(.misconfigured, detail, advice: advice)
        }
    }
}
