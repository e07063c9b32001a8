import CLockstepSystem
import CZeroMQ
import Glibc
import LockstepTransport
import LockstepWire
import TestSupport
import Testing

/// Payloads that lie in memory which both processes share, instead of going through a socket.
@Suite struct SharedMemoryTests {
    /// A payload that tells itself from others.
    private static func payload(_ seed: Int, count: Int) -> Payload {
        Payload(count: count) { target in
            for index in target.indices { target[index] = UInt8(truncatingIfNeeded: index &* 31 &+ seed &* 7) }
        }
    }

    /// How many bytes of what a transport has sent did not go through a socket.
    private static func shared(_ transport: any Transport) throws -> Int {
        try #require(transport as? ZeroMQTransport).traffic.counts.sentSharedBytes
    }

    /// The first payload goes as a frame, with the offer; once that has been read, the others lie in memory.
    @Test func localPeersShareMemoryOnceTheOfferWasRead() throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        for step in 0..<5 {
            let sent = Envelope.test(.piece, step: step, payload: Self.payload(step, count: 100_000))
            try caller.send(sent, to: toCallee)
            #expect(try callee.nextMessage().envelope == sent)
            #expect(try Self.shared(caller) == step * 100_000)
        }
        let counts = try #require(callee as? ZeroMQTransport).traffic.counts
        let sent = try #require(caller as? ZeroMQTransport).traffic.counts
        #expect(counts.receivedBytes == sent.sentBytes && sent.sentBytes > 500_000)
    }

    @Test(arguments: [(Kind.tcp, 1 << 30, 100_000), (.ipc, 0, 100_000), (.ipc, 4096, 100_000), (.ipc, 1 << 30, 4096)])
    func nothingIsSharedBetweenHostsNorByRequestNorWhereItIsSmall(_ kind: Kind, _ most: Int, _ count: Int) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let caller = try harness.transport(TransportLimits(sharedMemoryBytes: most))
        let callee = try harness.transport()
        let toCallee = try caller.connect(to: callee.endpoint)
        for step in 0..<3 {
            let sent = Envelope.test(.piece, step: step, payload: Self.payload(step, count: count))
            try caller.send(sent, to: toCallee)
            #expect(try callee.nextMessage().envelope == sent)
        }
        #expect(try Self.shared(caller) == 0)
    }

    /// Messages of many sizes, of which some are held for long, in memory that is too small for them: all arrive, in order, and what is
    /// held does not change.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func whateverFindsNoRoomGoesThroughTheSocket(_ seed: UInt64) throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        var random = SplitMix(seed: seed)
        let caller = try harness.transport(TransportLimits(sharedMemoryBytes: 1 << 20))
        let callee = try harness.transport()
        let toCallee = try caller.connect(to: callee.endpoint)
        let count = 150
        let sizes = (0..<count).map { _ in Int.random(in: 0...200_000, using: &random) }
        var held: [(step: Int, payload: Payload)] = []
        var (sent, received) = (0, 0)
        while received < count {
            if sent < count, sent == received || Bool.random(using: &random) {
                try caller.send(
                    .test(.piece, step: sent, payload: Self.payload(sent, count: sizes[sent])), to: toCallee)
                sent += 1
            } else {
                let envelope = try callee.nextMessage().envelope
                #expect(envelope.step == received)
                held.append((received, try #require(envelope.payload)))
                received += 1
                // Any of those that are held ends now.
                while held.count > 6 || !held.isEmpty && Int.random(in: 0..<3, using: &random) == 0 {
                    let (step, payload) = held.remove(at: .random(in: held.indices, using: &random))
                    #expect(payload == Self.payload(step, count: sizes[step]))
                }
            }
        }
        let (all, large) = (sizes.reduce(0, +), sizes.filter { $0 >= 16 << 10 }.reduce(0, +))
        #expect(try Self.shared(caller) > all / 10 && Self.shared(caller) < large)
    }

    /// Room for three payloads is enough for any number of them, one after the other.
    @Test func roomIsUsedAgain() throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let caller = try harness.transport(TransportLimits(sharedMemoryBytes: 3 * 100_200 + 4096))
        let callee = try harness.transport()
        let toCallee = try caller.connect(to: callee.endpoint)
        for step in 0..<1000 {
            let sent = Envelope.test(.piece, step: step, payload: Self.payload(step, count: 100_000))
            try caller.send(sent, to: toCallee)
            #expect(try callee.nextMessage().envelope == sent)
        }
        #expect(try Self.shared(caller) == 999 * 100_000)
    }

    @Test func aPayloadOutlivesTheConnectionAndItsSender() throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        let (first, second) = (Self.payload(1, count: 50_000), Self.payload(2, count: 70_000))
        try caller.send(.test(.piece, payload: first), to: toCallee)
        _ = try callee.nextMessage()
        try caller.send(.test(.piece, payload: second), to: toCallee)
        #expect(try Self.shared(caller) == 70_000)
        caller.close()
        let held = try #require(try callee.nextMessage().envelope.payload)
        #expect(try callee.nextLoss() == toCaller)
        #expect(held == second)
        callee.close()
        #expect(held == second)
    }

    /// Memory belongs to a connection: what a peer holds that was lost is never written to by what comes after it.
    @Test func whatALostConnectionHoldsIsNotUsedAgain() throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        var held: [(Int, Payload)] = []
        var peer = toCallee
        for round in 0..<3 {
            for step in 0..<3 {
                let number = 3 * round + step
                try caller.send(.test(.piece, payload: Self.payload(number, count: 60_000)), to: peer)
                held.append((number, try #require(try callee.nextMessage().envelope.payload)))
            }
            caller.disconnect(peer)
            _ = try callee.nextLoss()
            peer = try caller.connect(to: callee.endpoint)
        }
        #expect(try Self.shared(caller) == 6 * 60_000)
        for (number, payload) in held { #expect(payload == Self.payload(number, count: 60_000)) }
    }
}

/// What peers of other software may say of memory.
@Suite struct ForeignMemoryTests {
    /// Memory as docs/protocol.md has it, made without the code that is tested.
    private final class Memory {
        let descriptor: Int32
        let bytes: UnsafeMutableRawPointer
        static let count = 1 << 16

        init(token: UInt64 = 77) throws {
            descriptor = lockstep_sealed_memory(Memory.count)
            let bytes = mmap(nil, Memory.count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
            self.bytes = try #require(bytes)
            self.bytes.storeBytes(of: token, as: UInt64.self)
        }

        deinit {
            munmap(bytes, Memory.count)
            Glibc.close(descriptor)
        }

        var isMapped: Bool { bytes.load(fromByteOffset: 8, as: UInt32.self) == 1 }

        func offer(descriptor: Int? = nil, byteCount: Int = Memory.count, token: UInt64 = 77) -> MemoryOffer {
            MemoryOffer(descriptor: descriptor ?? Int(self.descriptor), byteCount: byteCount, token: token)
        }
    }

    private let sample = Envelope.test(.piece, payload: Payload([1, 2, 3]))

    private func send(_ client: RawClient, _ offer: MemoryOffer?, at place: Range<Int>? = nil) throws {
        let encoded = try sample.encoded(offering: offer, payloadAt: place)
        try client.send([encoded.header] + (encoded.payload.map { [$0.array()] } ?? []))
    }

    @Test func aPlaceIsReadAndLetGoOf() throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let callee = try harness.transport()
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        let memory = try Memory()
        try send(client, memory.offer())
        #expect(try callee.nextMessage().envelope == sample)
        #expect(memory.isMapped)
        memory.bytes.storeBytes(of: 1, toByteOffset: 8192, as: UInt32.self)
        (memory.bytes + 8192 + 64).storeBytes(of: 0x0807, as: UInt16.self)
        try send(client, nil, at: 8256..<8258)
        do {
            let payload = try callee.nextMessage().envelope.payload
            #expect(payload?.array() == [7, 8])
            #expect(memory.bytes.load(fromByteOffset: 8192, as: UInt32.self) == 1)
        }
        #expect(memory.bytes.load(fromByteOffset: 8192, as: UInt32.self) == 0)
    }

    /// Places outside, askew, and where nothing has been put.
    @Test(arguments: [
        0..<8, 64..<65, 4096..<4100, 4161..<4170, 4160..<65_537, 8256..<8258, 65_536..<65_536, 0..<Int.max,
    ])
    func otherPlacesAreRefused(_ place: Range<Int>) throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let callee = try harness.transport()
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        let memory = try Memory()
        memory.bytes.storeBytes(of: 1, toByteOffset: 4096, as: UInt32.self)
        try send(client, memory.offer())
        _ = try callee.nextMessage()
        try send(client, nil, at: place)
        #expect(try callee.nextRejection() == .memoryRange(found: place, limit: 65_536))
        try send(client, nil, at: 4160..<4170)
        #expect(try callee.nextMessage().envelope.payload?.count == 10)
    }

    /// Offers of what is no such memory, or not the one that was meant. The message that they came with is read all the same.
    @Test(arguments: ["size", "token", "closed", "file", "pipe", "unsealed"])
    func otherOffersAreNotTaken(_ what: String) throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let callee = try harness.transport()
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        let memory = try Memory()
        var pipes: [Int32] = [-1, -1]
        #expect(pipe(&pipes) == 0)
        let (file, unsealed) = (open("/proc/self/exe", O_RDONLY), lockstep_memory_file())
        defer { for descriptor in pipes + [file, unsealed] { close(descriptor) } }
        ftruncate(unsealed, off_t(Memory.count))
        let offer =
            switch what {
            case "size": memory.offer(byteCount: 1 << 17)
            case "token": memory.offer(token: 78)
            // No process has so many.
            case "closed": memory.offer(descriptor: Int(Int32.max))
            case "file": memory.offer(descriptor: Int(file))
            case "pipe": memory.offer(descriptor: Int(pipes[0]))
            default: memory.offer(descriptor: Int(unsealed))
            }
        try send(client, offer)
        #expect(try callee.nextMessage().envelope == sample)
        #expect(!memory.isMapped)
        try send(client, nil, at: 4160..<4170)
        #expect(try callee.nextRejection() == .memoryNotShared)
        // Another that is right is taken.
        let other = try Memory(token: 99)
        try send(client, other.offer(token: 99))
        #expect(try callee.nextMessage().envelope == sample)
        #expect(other.isMapped)
    }

    /// A payload within would be larger than what may come as a frame.
    @Test func memoryLargerThanAMessageMayBeIsNotTaken() throws {
        let harness = Harness(.ipc)
        defer { harness.end() }
        let callee = try harness.transport(TransportLimits(maximumMessageBytes: Memory.count - 1))
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        let memory = try Memory()
        try send(client, memory.offer())
        #expect(try callee.nextMessage().envelope == sample)
        #expect(!memory.isMapped)
    }

    /// The kernel does not say whose the other end of a tcp connection is.
    @Test func offersOverTCPAreNotTaken() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let callee = try harness.transport()
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        let memory = try Memory()
        try send(client, memory.offer())
        #expect(try callee.nextMessage().envelope == sample)
        #expect(!memory.isMapped)
    }
}
