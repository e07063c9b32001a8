import CZeroMQ
import Glibc
import LockstepTransport
import LockstepWire
import Testing

/// Who is let in where there are keys, and what both sides are told of who is not.
@Suite struct AuthenticationTests {
    private static let loopback = Endpoint.tcp(host: "127.0.0.1", port: 0)
    /// The manual's test keys (zmq_curve), of client and server.
    private static let manual = (
        client: (
            public: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", secret: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
        ),
        server: (public: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", secret: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
    )

    /// A coordinator with keys, and what is needed to reach it.
    private final class Keyed {
        let harness = Harness(.tcp)
        let folder: KeyFolder
        let coordinator: any Transport

        init(_ limits: TransportLimits = TransportLimits(), _ workers: [String] = ["node2", "node3"]) throws {
            folder = try KeyFolder()
            for name in workers { try folder.cluster.add(name) }
            coordinator = try harness.transport(at: loopback, limits, protection: folder.coordinator())
        }

        func worker(_ name: String, _ limits: TransportLimits = TransportLimits()) throws -> any Transport {
            try harness.transport(at: loopback, limits, protection: folder.worker(name))
        }

        func end() {
            harness.end()
            folder.remove()
        }
    }

    @Test func whoHoldsAListedKeyIsLetInAndKnownByIt() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        for name in ["node2", "node3"] {
            let worker = try keyed.worker(name)
            let toCoordinator = try worker.connect(to: keyed.coordinator.endpoint)
            try worker.send(.test(.peerHello, payload: Payload([1, 2, 3])), to: toCoordinator)
            let (envelope, toWorker) = try keyed.coordinator.nextMessage()
            #expect(envelope.payload?.array() == [1, 2, 3])
            #expect(try toWorker.key == keyed.folder.key(name))
            try keyed.coordinator.send(.test(.linked), to: toWorker)
            #expect(try worker.nextMessage().envelope.body == .linked)
        }
    }

    @Test func aKeyThatIsNotListedIsRefusedAndBothSidesSaySo() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let worker = try keyed.worker("node2")
        let key = try keyed.folder.key("node2")
        try keyed.folder.cluster.remove("node2")
        let peer = try worker.connect(to: keyed.coordinator.endpoint)
        try worker.send(.test(.peerHello), to: peer)
        let text = try worker.nextRefusal(by: peer)
        #expect(text.contains("\(keyed.coordinator.endpoint) does not know this side's key \(key)"))
        #expect(text.contains("keys add"))
        let told = try keyed.coordinator.nextRefusal()
        #expect(told.contains("refused a connection from 127.0.0.1: its key \(key) is not one that may join"))
        // Nothing of it came through, and it cannot be sent to.
        #expect(code { try worker.send(.test(.peerHello), to: peer) } == .peerGone)
        #expect(try keyed.coordinator.receive(timeout: .zero) == nil)
    }

    @Test func aKeyThatIsAddedWhileTheCoordinatorListensIsLetIn() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        try keyed.folder.cluster.add("node4")
        let worker = try keyed.worker("node4")
        try worker.send(.test(.finish), to: worker.connect(to: keyed.coordinator.endpoint))
        #expect(try keyed.coordinator.nextMessage().envelope.body == .finish)
    }

    @Test func aKeyThatIsReplacedInItsFileIsTheOneThatCounts() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        func isLetIn(_ name: String) throws -> Bool {
            let worker = try keyed.worker(name)
            let peer = try worker.connect(to: keyed.coordinator.endpoint)
            try worker.send(.test(.peerHello), to: peer)
            while true {
                switch try keyed.coordinator.next() {
                case .message: return true
                case .refused: return false
                default: break
                }
            }
        }
        #expect(try isLetIn("node2"))
        // Written over, not replaced: the folder itself does not change.
        let path = "\(keyed.folder.path)/allowed/node2.public"
        let descriptor = open(path, O_WRONLY | O_TRUNC)
        let text = "public \(try KeyPair().publicKey)\n"
        #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
        close(descriptor)
        #expect(try !isLetIn("node2"))
        #expect(try isLetIn("node3"))
    }

    @Test func aListThatCannotBeReadLetsNobodyIn() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let worker = try keyed.worker("node2")
        try write("public nonsense\n", to: "\(keyed.folder.path)/allowed/node5.public", mode: 0o644)
        let peer = try worker.connect(to: keyed.coordinator.endpoint)
        _ = try worker.nextRefusal(by: peer)
        #expect(
            try keyed.coordinator.nextRefusal().contains("node5.public is not a key file: the public key in line 1"))
    }

    @Test func aCoordinatorWithAnotherKeyIsRefusedAndBothSidesSaySo() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let other = try KeyFolder()
        defer { other.remove() }
        try write(
            contents(of: "\(other.path)/coordinator.public"),
            to: "\(keyed.folder.path)/workers/node2/coordinator.public",
            mode: 0o644)
        let worker = try keyed.worker("node2")
        let peer = try worker.connect(to: keyed.coordinator.endpoint)
        try worker.send(.test(.peerHello), to: peer)
        #expect(
            try worker.nextRefusal(by: peer).contains(
                "it does not hold the key that this side expects (copy coordinator.public"))
        #expect(try keyed.coordinator.nextRefusal().contains("it expects another key than this side's"))
    }

    @Test func aClientWithoutKeysIsRefusedAndBothSidesSaySo() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let plain = try keyed.harness.transport()
        let peer = try plain.connect(to: keyed.coordinator.endpoint)
        try plain.send(.test(.peerHello), to: peer)
        let text = try plain.nextRefusal(by: peer)
        #expect(text.contains("requires keys"))
        #expect(text.contains("--keys"))
        #expect(try keyed.coordinator.nextRefusal().contains("it uses no keys, and this side does"))
    }

    @Test func aClientWithKeysOfAServerWithoutIsToldSo() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let plain = try keyed.harness.transport()
        let worker = try keyed.worker("node2")
        let peer = try worker.connect(to: plain.endpoint)
        #expect(try worker.nextRefusal(by: peer).contains("uses no keys"))
        #expect(try plain.nextRefusal().contains("uses keys"))
    }

    @Test func theManualsTestKeysAreRefused() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let server = try keyed.folder.cluster.coordinator().description
        for pair in [Self.manual.client, Self.manual.server] {
            let client = try RawClient(
                ZMQ_DEALER, keyed.coordinator.endpoint, keys: (server, pair.public, pair.secret))
            try client.send([Array("hello".utf8)])
            #expect(client.isRefused())
            client.close()
        }
        let told = try keyed.coordinator.nextRefusal()
        #expect(told.contains("a test key whose secret half is printed in ZeroMQ's manual"))
        // The second, from the same address, is not told.
        #expect(try keyed.coordinator.receive(timeout: .zero) == nil)
    }

    @Test func aForeignClientThatGuessesKeysOrUsesNoneGetsNothingThrough() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let server = try keyed.folder.cluster.coordinator().description
        let worker = try keyed.worker("node2")
        let peer = try worker.connect(to: keyed.coordinator.endpoint)
        try worker.send(.test(.peerHello), to: peer)
        let toWorker = try keyed.coordinator.nextMessage().peer
        let hello = try Envelope.test(.peerHello).encoded().header
        var clients: [RawClient] = []
        for type in [ZMQ_DEALER, ZMQ_REQ, ZMQ_PUSH] {
            clients.append(try RawClient(type, keyed.coordinator.endpoint))
            clients.append(
                try RawClient(
                    type, keyed.coordinator.endpoint,
                    keys: (server, Self.manual.client.public, Self.manual.client.secret)))
        }
        // Whoever has been refused already cannot send any more.
        for client in clients { _ = client.sends(hello, within: .zero) }
        // Both reasons are told; the plain ones try again and again.
        var told: [String] = []
        while !told.contains(where: { $0.contains("it uses no keys") })
            || !told.contains(where: { $0.contains("ZeroMQ's manual") })
        {
            told.append(try keyed.coordinator.nextRefusal())
        }
        // The one that is in notices nothing.
        try keyed.coordinator.send(.test(.finish), to: toWorker)
        #expect(try worker.nextMessage().envelope.body == .finish)
        for client in clients { client.close() }
    }

    @Test func whoTriesAgainAndAgainIsToldOfAFewTimes() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let server = try keyed.folder.cluster.coordinator().description
        var told: [String] = []
        for _ in 0..<25 {
            let client = try RawClient(
                ZMQ_DEALER, keyed.coordinator.endpoint,
                keys: (server, Self.manual.client.public, Self.manual.client.secret))
            // Answered, so that the attempt has been refused before the next.
            #expect(client.isRefused())
            client.close()
            while let event = try keyed.coordinator.receive(timeout: .zero) {
                if case .refused(let error) = event { told.append(error.description) }
            }
        }
        #expect(told.count == 2)
        #expect(told.last?.hasSuffix("(10 times so far)") == true)
    }

    @Test func aWorkerLetsInItsPeersAndNobodyElse() throws {
        // A stranger to a worker waits for word of it for two thirds of this.
        let limits = TransportLimits(connectTimeout: .milliseconds(300))
        let keyed = try Keyed(limits, ["node2", "node3", "node4"])
        defer { keyed.end() }
        let (callee, caller, stranger) = (
            try keyed.worker("node2", limits), try keyed.worker("node3", limits), try keyed.worker("node4", limits)
        )
        callee.admit([try keyed.folder.key("node3")])
        let key = try keyed.folder.key("node2")
        let peer = try caller.connect(to: callee.endpoint, key: key)
        try caller.send(.test(.peerHello), to: peer)
        #expect(try callee.nextMessage().peer.key == keyed.folder.key("node3"))
        let refused = try stranger.connect(to: callee.endpoint, key: key)
        try stranger.send(.test(.peerHello), to: refused)
        #expect(try stranger.nextRefusal(by: refused).contains("does not know this side's key"))
        #expect(try callee.nextRefusal().contains("is not that of a worker of this run"))
    }

    @Test func aPeerThatKnowsOfTheRunFirstWaitsForTheOther() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let (callee, caller) = (try keyed.worker("node2"), try keyed.worker("node3"))
        let peer = try caller.connect(to: callee.endpoint, key: keyed.folder.key("node2"))
        try caller.send(.test(.peerHello), to: peer)
        // By the time this connection is up, the callee has been asked about the first.
        #expect(try caller.receive(timeout: .milliseconds(100)) == nil)
        callee.admit([try keyed.folder.key("node3")])
        #expect(try callee.nextMessage().peer.key == keyed.folder.key("node3"))
    }

    @Test func aPeerWithAnotherKeyThanItsOwnIsNotTalkedTo() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        let (callee, caller) = (try keyed.worker("node2"), try keyed.worker("node3"))
        callee.admit([try keyed.folder.key("node3")])
        // As if somebody else listened where the peer is said to.
        let peer = try caller.connect(to: callee.endpoint, key: try KeyPair().publicKey)
        #expect(try caller.nextRefusal(by: peer).contains("does not hold the key that this side expects"))
    }

    @Test func aCoordinatorConnectsToNobodyWithoutAKey() throws {
        let keyed = try Keyed()
        defer { keyed.end() }
        #expect(code { _ = try keyed.coordinator.connect(to: .tcp(host: "127.0.0.1", port: 9)) } == .invalidKeys)
    }

    @Test func noMoreConnectionsComeInThanAreAllowed() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let callee = try harness.transport(TransportLimits(maximumConnections: 2))
        var refusal: String?
        for _ in 0..<4 where refusal == nil {
            let caller = try harness.transport()
            let peer = try caller.connect(to: callee.endpoint)
            try caller.send(.test(.peerHello), to: peer)
            switch try callee.next() {
            case .message(_, let toCaller):
                try callee.send(.test(.linked), to: toCaller)
                #expect(try caller.nextMessage().envelope.body == .linked)
            case .refused(let error):
                refusal = error.description
                #expect(try caller.nextRefusal(by: peer).contains("has as many connections as it allows"))
            case let other: Issue.record("unexpected: \(other)")
            }
        }
        #expect(refusal?.contains("connections, and 2 are allowed") == true)
    }
}
