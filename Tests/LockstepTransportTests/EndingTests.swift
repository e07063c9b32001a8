import LockstepTransport
import LockstepWire
import Testing

/// How connections and transports end.
@Suite struct EndingTests {
    @Test(arguments: Kind.allCases)
    func whatWasSentBeforeClosingStillArrives(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        let payload = Payload([UInt8](repeating: 3, count: 8 << 20))
        try caller.send(.test(.piece, payload: payload), to: toCallee)
        try caller.send(.test(.leave(Leave(reason: "asked to"))), to: toCallee)
        caller.close()
        #expect(try callee.nextMessage().envelope == .test(.piece, payload: payload))
        #expect(try callee.nextMessage().envelope.body == .leave(Leave(reason: "asked to")))
        #expect(try callee.nextLoss() == toCaller)
    }

    @Test(arguments: Kind.allCases)
    func theLastAnswerOfAListenerStillArrives(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        try callee.send(.test(.stop(Stop(reason: "the end"))), to: toCaller)
        callee.close()
        #expect(try caller.nextMessage().envelope.body == .stop(Stop(reason: "the end")))
        #expect(try caller.nextLoss() == toCallee)
    }

    @Test(arguments: Kind.allCases)
    func disconnectingSendsWhatWaitsAndTellsTheOtherSide(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        try caller.send(.test(.finish), to: toCallee)
        caller.disconnect(toCallee)
        #expect(try callee.nextMessage().envelope.body == .finish)
        #expect(try callee.nextLoss() == toCaller)
        #expect(code { try caller.send(.test(.finish), to: toCallee) } == .peerGone)
        caller.disconnect(toCallee)
        #expect(try caller.receive(timeout: .zero) == nil)
    }

    @Test(arguments: Kind.allCases)
    func aLostPeerCannotBeSentTo(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        callee.close()
        #expect(try caller.nextLoss() == toCallee)
        let text = message { try caller.send(.test(.finish), to: toCallee) }
        #expect(text.hasPrefix("\(callee.endpoint) is gone"))
        // The same endpoint is reached by a new connection only.
        let again = try harness.transport(at: callee.endpoint)
        let peer = try caller.connect(to: again.endpoint)
        #expect(peer != toCallee)
        try caller.send(.test(.linked), to: peer)
        #expect(try again.nextMessage().envelope.body == .linked)
        #expect(try again.receive(timeout: .zero) == nil)
    }

    @Test(arguments: Kind.allCases)
    func anIncomingPeerThatIsGoneCannotBeSentTo(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, _, toCaller) = try harness.pair()
        caller.close()
        #expect(try callee.nextLoss() == toCaller)
        #expect(code { try callee.send(.test(.finish), to: toCaller) } == .peerGone)
    }

    /// ZeroMQ's own thread serves all connections of a transport, so what holds it up on one is seen on another.
    @Test(arguments: Kind.allCases)
    func disconnectingFromAPeerThatEndsJustThenHoldsUpNobody(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        for round in 0..<200 {
            // Used by one thread at a time: that thread alone until it has ended.
            nonisolated(unsafe) let other = try harness.transport()
            let peer = try caller.connect(to: other.endpoint)
            try caller.send(.test(.linked), to: peer)
            #expect(try other.nextMessage().envelope.body == .linked)
            let thread = TestThread { other.close() }
            caller.disconnect(peer)
            thread.join()
            try caller.send(.test(.linked, step: round), to: toCallee)
            #expect(try callee.nextMessage().envelope.step == round)
        }
    }

    @Test(arguments: Kind.allCases)
    func aMessageAboveTheReceiversLimitEndsTheConnectionOnly(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair(TransportLimits(maximumMessageBytes: 10_000))
        try caller.send(.test(.piece, payload: Payload([UInt8](repeating: 0, count: 10_001))), to: toCallee)
        #expect(try callee.nextLoss() == toCaller)
        #expect(try caller.nextLoss() == toCallee)
        let peer = try caller.connect(to: callee.endpoint)
        let payload = Payload([UInt8](repeating: 0, count: 10_000))
        try caller.send(.test(.piece, payload: payload), to: peer)
        #expect(try callee.nextMessage().envelope.payload == payload)
    }

    @Test(arguments: Kind.allCases)
    func aClosedTransportSaysSo(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        caller.close()
        caller.close()
        #expect(code { try caller.send(.test(.finish), to: toCallee) } == .closed)
        #expect(code { _ = try caller.receive(timeout: .zero) } == .closed)
        #expect(code { _ = try caller.connect(to: callee.endpoint) } == .closed)
        caller.disconnect(toCallee)
        caller.waker.wake()
    }

    @Test(arguments: Kind.allCases)
    func closingDoesNotWaitLongForAPeerThatIsNotThere(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let away = try harness.transport()
        away.close()
        let transport = try harness.transport(TransportLimits(linger: .milliseconds(50)))
        let peer = try transport.connect(to: away.endpoint)
        try transport.send(.test(.linked), to: peer)
        transport.close()
        #expect(code { try transport.send(.test(.linked), to: peer) } == .closed)
    }

    @Test(arguments: Kind.allCases)
    func theMemoryOfAPayloadIsFreedOnceItIsSent(_ kind: Kind) throws {
        final class Owner: Sendable {
            let payload = Payload([UInt8](repeating: 1, count: 1 << 20))
        }
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        weak var owner: Owner?
        do {
            let strong = Owner()
            owner = strong
            let payload = strong.payload.withUnsafeBytes { Payload(owner: strong, bytes: $0) }
            try caller.send(.test(.piece, payload: payload), to: toCallee)
        }
        #expect(try callee.nextMessage().envelope.payload?.count == 1 << 20)
        // Whatever thread lets go of the memory has ended with the transport.
        caller.close()
        callee.close()
        #expect(owner == nil)
    }

    @Test(arguments: Kind.allCases)
    func aReceivedPayloadOutlivesItsTransport(_ kind: Kind) throws {
        let harness = Harness(kind)
        defer { harness.end() }
        let (caller, callee, toCallee, _) = try harness.pair()
        for count in [5, 1000, 1 << 20] {
            try caller.send(.test(.piece, payload: Payload([UInt8](repeating: 7, count: count))), to: toCallee)
        }
        let payloads = try (0..<3).map { _ in try callee.nextMessage().envelope.payload }
        caller.close()
        callee.close()
        #expect(payloads.map { $0?.count } == [5, 1000, 1 << 20])
        for payload in payloads { #expect(payload?.array().allSatisfy { $0 == 7 } == true) }
    }
}
