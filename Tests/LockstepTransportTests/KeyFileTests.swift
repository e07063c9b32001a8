import Glibc
import LockstepTransport
import Testing

/// The files that keys are kept in, and what is refused as one.
@Suite struct KeyFileTests {
    /// What ZeroMQ's manual (zmq_curve) prints.
    private static let manual = (
        public: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", secret: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
    )

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aNewClusterHasWhatEachSideNeedsAndSecretsAreItsUsersAlone() throws {
        let umaskBefore = umask(0)
        defer { umask(umaskBefore) }
        let folder = try KeyFolder("node2", "node3")
        defer { folder.remove() }
        #expect(mode("\(folder.path)/coordinator.secret") == 0o600)
        #expect(mode("\(folder.path)/workers/node2/worker.secret") == 0o600)
        #expect(mode("\(folder.path)/workers/node2") == 0o700)
        #expect(try folder.cluster.allowed().map(\.name) == ["node2", "node3"])
        let coordinator = try Keyring.coordinator(folder.path + "/")
        #expect(try coordinator.publicKey == folder.cluster.coordinator())
        let worker = try Keyring.worker("\(folder.path)/workers/node2")
        #expect(try worker.publicKey == folder.key("node2"))
        #expect(try folder.key("node2") != folder.key("node3"))
        // Whoever opens one is told what it is.
        #expect(
            try contents(of: "\(folder.path)/coordinator.secret").hasPrefix(
                "# The secret key of a Lockstep coordinator."))
    }

    @Test func keysAreNeverReplaced() throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        let before = try contents(of: "\(folder.path)/coordinator.secret")
        #expect(
            message { _ = try ClusterKeys.make(in: folder.path, workers: []) }.contains(
                "is there already, and keys are never replaced"))
        #expect(try contents(of: "\(folder.path)/coordinator.secret") == before)
        let key = try folder.key("node2")
        #expect(message { try folder.cluster.add("node2") }.contains("has a key of the name node2 already"))
        #expect(try folder.key("node2") == key)
    }

    @Test func aKeyThatIsRemovedIsGoneAndItsNameFree() throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        try folder.cluster.remove("node2")
        #expect(try folder.cluster.allowed().isEmpty)
        #expect(access("\(folder.path)/workers/node2", F_OK) != 0)
        #expect(
            message { _ = try Keyring.coordinator(folder.path) }
                == "no key may join: \(folder.path)/allowed is empty; add one: keys add \(folder.path) NAME")
        #expect(
            message { try folder.cluster.remove("node2") } == "\(folder.path) has no key of the name node2; it has none"
        )
        try folder.cluster.add("node2")
        #expect(try folder.cluster.allowed().map(\.name) == ["node2"])
    }

    @Test(arguments: [
        "", ".", "..", "../x", "a/b", "-x", "a b", "ü", "x\u{0}", "x\n", String(repeating: "x", count: 65),
    ])
    func aNameThatIsNoPlainFileNameIsRefused(_ name: String) throws {
        let folder = try KeyFolder()
        defer { folder.remove() }
        #expect(
            message { try folder.cluster.add(name) }.contains(
                "cannot name a key; expected 1 to 64 letters, digits and . - _"))
        #expect(code { try folder.cluster.remove(name) } == .invalidKeys)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o666, 0o644, 0o610])
    func aSecretThatOthersCanUseIsRefusedWithTheCommandToRun(_ mode: Int) throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        let path = "\(folder.path)/coordinator.secret"
        chmod(path, mode_t(mode))
        #expect(
            message { _ = try folder.coordinator() }
                == "\(path) has mode \(String(mode, radix: 8)), so others than its owner may use it; run: chmod 600 '\(path)'"
        )
        chmod(path, 0o400)
        _ = try folder.coordinator()
    }

    @Test func whatIsNoFileOfItsOwnIsRefused() throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        let path = "\(folder.path)/coordinator.secret"
        let moved = "\(folder.path)/elsewhere"
        rename(path, moved)
        #expect(message { _ = try folder.coordinator() }.contains("\(path) cannot be read: No such file"))
        symlink(moved, path)
        #expect(message { _ = try folder.coordinator() }.contains("\(path) is a symbolic link, expected a file"))
        unlink(path)
        mkdir(path, 0o700)
        #expect(message { _ = try folder.coordinator() } == "\(path) is a folder, expected a key file")
        rmdir(path)
        mkfifo(path, 0o600)
        #expect(message { _ = try folder.coordinator() } == "\(path) is a device, pipe or socket, expected a key file")
        try write(String(repeating: "#", count: 4097), to: path)
        #expect(message { _ = try folder.coordinator() }.contains("\(path) has 4097 bytes, a key file at most 4096"))
    }

    @Test(
        arguments: [
            ("", "it has no line 'public KEY'"), ("public", "line 1 is not 'public KEY'"),
            ("# x\n\nprivate abc", "line 3 is not 'public KEY'"), ("public a b", "line 1 is not"),
            ("public abc", "the public key in line 1 is not 40 characters of Z85"),
            ("public \(String(repeating: "0", count: 41))", "not 40 characters"),
            ("public \(String(repeating: "0", count: 39))~", "not 40 characters"),
            // Each group of five is more than four bytes can hold.
            ("public \(String(repeating: "#", count: 40))", "not 40 characters"),
            (
                "public \(String(repeating: "0", count: 40))\npublic \(String(repeating: "1", count: 40))",
                "line 2 is a second public key"
            ),
            ("secret \(String(repeating: "0", count: 40))", "it has no line 'public KEY'"),
        ])
    func aFileThatHoldsNoKeyIsRefusedWithItsLine(_ text: String, _ problem: String) throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        let path = "\(folder.path)/coordinator.secret"
        try write(text, to: path)
        let found = message { _ = try folder.coordinator() }
        #expect(found.hasPrefix("\(path) is not a key file: "))
        #expect(found.contains(problem))
    }

    @Test func aSecretNeverGetsIntoAMessage() throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        let path = "\(folder.path)/coordinator.secret"
        let text = try contents(of: path)
        let secret = try #require(
            text.split(separator: "\n").first { $0.hasPrefix("secret ") }.map { String($0.dropFirst(7)) })
        for broken in [secret.dropLast() + "~", secret.dropLast(), secret + " " + secret] as [any StringProtocol] {
            try write(text.replacing(secret, with: String(broken)), to: path)
            let found = message { _ = try folder.coordinator() }
            #expect(found.contains("secret"))
            #expect(!found.contains(secret.prefix(20)))
        }
        #expect(!"\(try KeyPair())".contains(secret))
    }

    @Test func aPairWhoseHalvesDoNotBelongTogetherIsRefused() throws {
        let (one, other) = (try KeyFolder("node2"), try KeyFolder("node2"))
        defer {
            one.remove()
            other.remove()
        }
        try write(contents(of: "\(other.path)/coordinator.public"), to: "\(one.path)/coordinator.public", mode: 0o644)
        #expect(message { _ = try one.coordinator() }.contains("are not of one pair"))
        let path = "\(one.path)/workers/node2/worker.secret"
        let own = try contents(of: path).split(separator: "\n").first { $0.hasPrefix("secret ") } ?? ""
        try write("public \(try other.key("node2"))\n\(own)\n", to: path)
        #expect(message { _ = try one.worker("node2") }.contains("the two keys in \(path) are not of one pair"))
    }

    @Test func theManualsTestKeysAreRefused() throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        try write("public \(Self.manual.public)\n", to: "\(folder.path)/allowed/node4.public", mode: 0o644)
        #expect(message { _ = try folder.coordinator() }.contains("printed in ZeroMQ's manual"))
        try write(
            "public \(Self.manual.public)\nsecret \(Self.manual.secret)\n",
            to: "\(folder.path)/workers/node2/worker.secret")
        #expect(message { _ = try folder.worker("node2") }.contains("printed in ZeroMQ's manual"))
    }

    @Test func eachSideIsToldWhenItIsGivenTheOthersFolder() throws {
        let folder = try KeyFolder("node2")
        defer { folder.remove() }
        #expect(
            message { _ = try Keyring.worker(folder.path) }
                == "\(folder.path) holds the coordinator's keys, not a worker's; give one of the folders in \(folder.path)/workers"
        )
        #expect(
            message { _ = try Keyring.coordinator("\(folder.path)/workers/node2") }.contains(
                "coordinator.secret cannot be read"))
        #expect(message { _ = try Keyring.coordinator("/no/such") }.contains("make them: keys new /no/such"))
    }

    @Test func textAndKeyAreOne() throws {
        for _ in 0..<100 {
            let key = try KeyPair().publicKey
            #expect(PublicKey(key.description) == key)
        }
        // The largest group is 0xFFFFFFFF.
        #expect(PublicKey(String(repeating: "%nSc0", count: 8)) != nil)
        #expect(PublicKey(String(repeating: "%nSc1", count: 8)) == nil)
    }
}
