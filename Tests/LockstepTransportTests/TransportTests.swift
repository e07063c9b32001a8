import LockstepTransport
import LockstepWire
import Testing

/// What every transport does, whatever carries the messages.
@Suite struct TransportTests {
    @Test(arguments: Kind.allCases, [nil, 0, 1, 1 << 20, 64 << 20])
    func aMessageArrivesAsItWasSent(_ kind: Kind, _ bytes: Int?) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee) = (try harness.transport(), try harness.transport())
        let peer = try caller.connect(to: callee.endpoint)
        let payload = bytes.map { count in
            Payload(count: count) { target in
                for index in target.indices { target[index] = UInt8(truncatingIfNeeded: index &* 31) }
            }
        }
        let sent = Envelope(
            run: .random(), generation: 3, step: 7, sender: .rank(2),
            body: .partial(Partial(bucket: 1, subtrees: [0..<4])),
            payload: payload)
        try caller.send(sent, to: peer)
        #expect(try callee.nextMessage().envelope == sent)
    }

    @Test(arguments: Kind.allCases)
    func howLongMessagesAreOnTheirWayIsKnownWhereTheKernelMeasuresIt(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let pair = try harness.pair()
        // What the caller hears of its connection comes before the answer.
        try pair.callee.send(.test(.peerHello), to: pair.toCaller)
        _ = try pair.caller.nextMessage()
        #expect(try pair.caller.receive(timeout: .zero) == nil)
        #expect((pair.caller.sendingTime(to: pair.toCallee) != nil) == (kind == .tcp))
        #expect(pair.caller.sendingTime(to: pair.toCallee) ?? .zero >= .zero)
        #expect(pair.callee.sendingTime(to: pair.toCaller) == nil)
        pair.caller.disconnect(pair.toCallee)
        #expect(pair.caller.sendingTime(to: pair.toCallee) == nil)
    }

    @Test(arguments: Kind.allCases)
    func answersReachWhoeverAsked(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let callee = try harness.transport()
        let callers = try (0..<20).map { _ in try harness.transport() }
        let peers = try callers.map { try $0.connect(to: callee.endpoint) }
        for (rank, caller) in callers.enumerated() {
            try caller.send(.test(.reduced(Reduced(bucket: rank))), to: peers[rank])
        }
        for _ in callers {
            let (question, peer) = try callee.nextMessage()
            try callee.send(question, to: peer)
        }
        for (rank, caller) in callers.enumerated() {
            let (answer, peer) = try caller.nextMessage()
            #expect(answer.body == .reduced(Reduced(bucket: rank)))
            #expect(peer == peers[rank])
        }
    }

    @Test(arguments: Kind.allCases)
    func eachPeersOrderIsKept(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let callee = try harness.transport()
        let callers = try (0..<2).map { _ in try harness.transport() }
        let peers = try callers.map { try $0.connect(to: callee.endpoint) }
        for step in 0..<500 {
            for (caller, peer) in zip(callers, peers) {
                let payload = step % 3 == 0 ? Payload([UInt8](repeating: 1, count: step * 10)) : nil
                try caller.send(.test(.linked, step: step, payload: payload), to: peer)
            }
        }
        var steps: [Peer: [Int]] = [:]
        for _ in 0..<1000 {
            let (envelope, peer) = try callee.nextMessage()
            steps[peer, default: []].append(envelope.step)
        }
        #expect(steps.count == 2)
        for steps in steps.values { #expect(steps == Array(0..<500)) }
    }

    /// In process only, where what has been sent has arrived: elsewhere nobody can tell when it has.
    @Test func onePeerDoesNotKeepAnotherFromBeingHeard() throws {
        let harness = Harness(.inProcess)
        defer { harness.end() }
        let callee = try harness.transport()
        let (loud, quiet) = (try harness.transport(), try harness.transport())
        let (fromLoud, fromQuiet) = (try loud.connect(to: callee.endpoint), try quiet.connect(to: callee.endpoint))
        for _ in 0..<100 { try loud.send(.test(.piece), to: fromLoud) }
        for _ in 0..<2 { try quiet.send(.test(.finish), to: fromQuiet) }
        let bodies = try (0..<6).map { _ in try callee.nextMessage().envelope.body }
        #expect(bodies == [.piece, .finish, .piece, .finish, .piece, .piece])
    }

    @Test(arguments: Kind.allCases)
    func messagesSentBeforeTheOtherSideIsThereWaitForIt(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let caller = try harness.transport()
        let early = try harness.transport()
        let endpoint = early.endpoint
        early.close()
        let peer = try caller.connect(to: endpoint)
        try caller.send(.test(.linked, step: 1, payload: Payload([5])), to: peer)
        try caller.send(.test(.linked, step: 2), to: peer)
        let callee = try harness.transport(at: endpoint)
        #expect(try callee.nextMessage().envelope == .test(.linked, step: 1, payload: Payload([5])))
        #expect(try callee.nextMessage().envelope == .test(.linked, step: 2))
    }

    @Test(arguments: Kind.allCases)
    func bothSidesMaySendMuchBeforeEitherReads(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        let payload = Payload([UInt8](repeating: 9, count: 1 << 20))
        for step in 0..<32 {
            try caller.send(.test(.piece, step: step, payload: payload), to: toCallee)
            try callee.send(.test(.piece, step: step, payload: payload), to: toCaller)
        }
        for step in 0..<32 {
            #expect(try caller.nextMessage().envelope == .test(.piece, step: step, payload: payload))
            #expect(try callee.nextMessage().envelope == .test(.piece, step: step, payload: payload))
        }
    }

    @Test(arguments: Kind.allCases)
    func receivingEndsWhenTheTimeIsUp(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let transport = try harness.transport()
        #expect(try transport.receive(timeout: .zero) == nil)
        #expect(try transport.receive(timeout: .milliseconds(20)) == nil)
        #expect(try transport.receive(timeout: .seconds(-1)) == nil)
    }

    @Test(arguments: Kind.allCases)
    func wakingEndsOneReceive(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        // Several wakes count as one, and a message goes first but does not use the wake up.
        callee.waker.wake()
        callee.waker.wake()
        #expect(try callee.receive(timeout: .seconds(60)) == nil)
        #expect(try callee.receive(timeout: .zero) == nil)
        try caller.send(.test(.finish), to: toCallee)
        #expect(try callee.nextMessage().envelope.body == .finish)
        callee.waker.wake()
        #expect(try callee.receive(timeout: .seconds(60)) == nil)
    }

    @Test(arguments: Kind.allCases)
    func wakingWorksFromAnotherThread(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let transport = try harness.transport()
        let waker = transport.waker
        let thread = TestThread { waker.wake() }
        let start = ContinuousClock.now
        #expect(try transport.receive(timeout: .seconds(60)) == nil)
        // Nil is what a receive whose time was up returns too.
        #expect(ContinuousClock.now - start < .seconds(60))
        thread.join()
    }

    @Test(arguments: Kind.allCases)
    func aMessageThatCannotBeEncodedIsNotSent(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        let tooLong = String(repeating: "x", count: Envelope.maximumHeaderBytes)
        #expect(throws: WireError.self) { try caller.send(.test(.stop(Stop(reason: tooLong))), to: toCallee) }
        #expect(throws: WireError.self) { try caller.send(.test(.stop(Stop(reason: "a\0b"))), to: toCallee) }
        try caller.send(.test(.finish), to: toCallee)
        #expect(try callee.nextMessage().envelope.body == .finish)
    }

    @Test(arguments: Kind.allCases)
    func aFullQueueIsAnErrorThatNamesThePeer(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let away = try harness.transport()
        let endpoint = away.endpoint
        away.close()
        let transport = try harness.transport(TransportLimits(highWaterMark: 8, linger: .zero))
        let peer = try transport.connect(to: endpoint)
        var sent = 0
        let text = message {
            while sent < 100 {
                try transport.send(.test(.linked, payload: Payload([1])), to: peer)
                sent += 1
            }
        }
        #expect(sent == 8)
        #expect(text == "\(endpoint) does not read: 8 messages wait for it, which is the limit")
    }

    @Test(arguments: Kind.allCases)
    func whatWaitsForAPeerIsBoundedInBytes(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let away = try harness.transport()
        let endpoint = away.endpoint
        away.close()
        let transport = try harness.transport(TransportLimits(maximumQueuedBytes: 1000, linger: .zero))
        func send(_ bytes: Int, to peer: Peer) throws {
            try transport.send(
                .test(.piece, payload: Payload([UInt8](repeating: 1, count: bytes))), to: peer)
        }
        let peer = try transport.connect(to: endpoint)
        try send(600, to: peer)
        try send(400, to: peer)
        #expect(
            message { try send(1, to: peer) }
                == "\(endpoint) does not read: with this message more than 1000 bytes would wait for it, which is the limit"
        )
        // Messages without bulk are bounded by their number alone.
        try transport.send(.test(.finish), to: peer)
        // What is received makes room again.
        let back = try harness.transport(at: endpoint)
        for count in [600, 400] { #expect(try back.nextMessage().envelope.payload?.count == count) }
        #expect(try back.nextMessage().envelope.body == .finish)
        let deadline = ContinuousClock.now + .seconds(30)
        // A single message goes out whatever its size.
        while code({ try send(5000, to: peer) }) == .queueFull, ContinuousClock.now < deadline {}
        #expect(ContinuousClock.now < deadline)
    }

    @Test(arguments: Kind.allCases)
    func anEndpointInUseIsAnErrorThatNamesIt(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let transport = try harness.transport()
        let error = #expect(throws: TransportError.self) { _ = try harness.transport(at: transport.endpoint) }
        #expect(error?.code == .addressInUse)
        #expect(error?.description.contains("\(transport.endpoint) is in use") == true)
        transport.close()
        let again = try harness.transport(at: transport.endpoint)
        #expect(again.endpoint == transport.endpoint)
    }

    @Test(arguments: Kind.allCases)
    func anEndpointOfAnotherKindIsRefused(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let transport = try harness.transport()
        let other = kind == .inProcess ? Endpoint.tcp(host: "127.0.0.1", port: 1) : .inProcess(name: "x")
        #expect(code { _ = try transport.connect(to: other) } == .invalidEndpoint)
        #expect(code { _ = try transport.connect(to: .tcp(host: "*", port: 1)) } == .invalidEndpoint)
    }
}
