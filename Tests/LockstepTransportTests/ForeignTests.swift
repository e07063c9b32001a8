import CZeroMQ
import Glibc
import LockstepTransport
import LockstepWire
import Testing

/// What comes from programs that are not Lockstep: it is dropped and reported, and nobody else notices.
@Suite struct ForeignTests {
    @Test(arguments: [1, 2, 3, 50])
    func garbageInAnyNumberOfFramesIsRejected(_ frames: Int) throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        try client.send((0..<frames).map { [UInt8](repeating: UInt8($0), count: 5 * $0) })
        let error = try callee.nextRejection()
        switch frames {
        // A first frame without a single byte, and nothing or five bytes after it.
        case 1: #expect(error == .malformed(bytes: 0))
        case 2: #expect(error == .payloadLength(frame: 5))
        default: #expect(error == .frames(found: frames))
        }
        try caller.send(.test(.finish), to: toCallee)
        #expect(try callee.nextMessage().envelope.body == .finish)
        try callee.send(.test(.finish), to: toCaller)
        #expect(try caller.nextMessage().envelope.body == .finish)
    }

    @Test func aRequestSocketIsAnsweredByARejectionOnly() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let callee = try harness.transport()
        let client = try RawClient(ZMQ_REQ, callee.endpoint)
        try client.send([Array("hello".utf8)])
        // A REQ socket puts an empty frame before what it sends.
        #expect(try callee.nextRejection() == .payloadLength(frame: 5))
    }

    @Test func aMessageOfAnotherVersionCanBeAnswered() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let callee = try harness.transport()
        let client = try RawClient(ZMQ_DEALER, callee.endpoint)
        let other = Envelope.protocolVersion + 1
        try client.send([[0x08, UInt8(other), 0xFF, 0xFF]])
        guard case .rejected(let error, let peer) = try callee.next() else {
            Issue.record("expected a rejection")
            return
        }
        #expect(error == .version(found: UInt64(other), expected: Envelope.protocolVersion))
        try callee.send(.test(.refusal(Refusal(reason: error.description))), to: peer)
        let answer = try client.receive()
        let envelope = try answer.withUnsafeBytes { try Envelope(decoding: $0, payload: nil) }
        #expect(envelope.body == .refusal(Refusal(reason: error.description)))
        client.close()
        #expect(try callee.nextLoss() == peer)
    }

    /// Whoever sends more than is read is held up, and goes on once it is.
    @Test func whoSendsMoreThanIsReadIsHeldUp() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let callee = try harness.transport(TransportLimits(maximumUnreadMessages: 8))
        let client = try RawClient(ZMQ_DEALER, callee.endpoint, mostUnsent: 1)
        // The kernel's buffers hold a few more of a mebibyte each.
        let message = [UInt8](repeating: 0xFF, count: 1 << 20)
        var sent = 0
        while sent < 400, client.sends(message, within: .milliseconds(500)) { sent += 1 }
        #expect(sent >= 8 && sent < 100, "\(sent) messages were taken")
        for _ in 0..<sent { _ = try callee.nextRejection() }
        // There is room again.
        #expect(client.sends(message, within: .seconds(30)))
        _ = try callee.nextRejection()
    }

    @Test func bytesOfAnotherProtocolDisturbNobody() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let (caller, callee, toCallee, toCaller) = try harness.pair()
        var random = SystemRandomNumberGenerator()
        for round in 0..<50 {
            let text = Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
            // The ninth byte of a ZMTP greeting is 0x7F after 0xFF: half of the rounds begin as one would.
            let bytes = (0..<Int.random(in: 1...300)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let greeting: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0]
            try sendTCP(round % 3 == 0 ? text : round % 3 == 1 ? bytes : greeting + bytes, to: callee.endpoint)
            try caller.send(.test(.linked, step: round), to: toCallee)
            // Some of the bytes read as a message of the oldest ZeroMQ: it is rejected, and its connection lost.
            var answered = false
            while !answered {
                switch try callee.next() {
                case .message(let envelope, let peer):
                    #expect(envelope.step == round)
                    #expect(peer == toCaller)
                    try callee.send(envelope, to: peer)
                    answered = true
                case .rejected(_, let peer), .lost(let peer): #expect(peer != toCaller)
                // Some is told of as a connection that did not come up.
                case .refused: break
                case .refusedBy: Issue.record("nobody refused the callee")
                }
            }
            #expect(try caller.nextMessage().envelope.step == round)
        }
        try callee.send(.test(.finish), to: toCaller)
        #expect(try caller.nextMessage().envelope.body == .finish)
    }

    @Test func connectionsThatComeAndGoAreEachReportedOnce() throws {
        let harness = Harness(.tcp)
        defer { harness.end() }
        let callee = try harness.transport()
        for step in 0..<200 {
            let client = try RawClient(ZMQ_DEALER, callee.endpoint)
            try client.send([try Envelope.test(.linked, step: step).encoded().header])
            let (envelope, peer) = try callee.nextMessage()
            #expect(envelope.step == step)
            client.close()
            #expect(try callee.nextLoss() == peer)
        }
        #expect(try callee.receive(timeout: .zero) == nil)
    }
}

/// A bare ZeroMQ socket, as a program of another protocol would have it.
final class RawClient {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer
    private let monitor: UnsafeMutableRawPointer?
    private var isOpen = true

    /// - Parameters:
    ///   - keys: The public key of the other side, and this side's public and secret ones, in Z85; none by default.
    ///   - mostUnsent: How many messages may wait to be sent.
    init(
        _ type: Int32, _ endpoint: Endpoint, keys: (server: String, own: String, secret: String)? = nil,
        mostUnsent: Int32 = 1000
    ) throws {
        guard let context = zmq_ctx_new(), let socket = zmq_socket(context, type) else {
            throw Unexpected(description: "no ZeroMQ socket could be made")
        }
        (self.context, self.socket) = (context, socket)
        var linger: Int32 = 1000
        var deadline: Int32 = 30_000
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &deadline, MemoryLayout<Int32>.size)
        zmq_setsockopt(socket, ZMQ_SNDTIMEO, &deadline, MemoryLayout<Int32>.size)
        var mostUnsent = mostUnsent
        zmq_setsockopt(socket, ZMQ_SNDHWM, &mostUnsent, MemoryLayout<Int32>.size)
        if let keys {
            zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, keys.server, 41)
            zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys.own, 41)
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys.secret, 41)
        }
        monitor = zmq_socket(context, ZMQ_PAIR)
        zmq_socket_monitor(socket, "inproc://monitor", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &deadline, MemoryLayout<Int32>.size)
        guard zmq_connect(monitor, "inproc://monitor") == 0, zmq_connect(socket, endpoint.description) == 0 else {
            throw Unexpected(description: "cannot connect to \(endpoint)")
        }
    }

    /// Sends one frame; false if there is no room for it within so long.
    func sends(_ bytes: [UInt8], within timeout: Duration) -> Bool {
        var milliseconds = Int32(timeout / .milliseconds(1))
        zmq_setsockopt(socket, ZMQ_SNDTIMEO, &milliseconds, MemoryLayout<Int32>.size)
        return zmq_send(socket, bytes, bytes.count, 0) >= 0
    }

    /// Whether the other side has refused this one's key, after waiting for its word; false if it lets it in or says nothing.
    func isRefused() -> Bool {
        var event = [UInt8](repeating: 0, count: 6)
        guard zmq_recv(monitor, &event, event.count, 0) == event.count else { return false }
        return event.withUnsafeBytes { Int32($0.loadUnaligned(as: UInt16.self)) } == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        zmq_close(monitor)
        zmq_close(socket)
        zmq_ctx_term(context)
    }

    func send(_ frames: [[UInt8]]) throws {
        for (index, frame) in frames.enumerated() {
            let sent = zmq_send(socket, frame, frame.count, index < frames.count - 1 ? ZMQ_SNDMORE : 0)
            guard sent == frame.count else { throw Unexpected(description: "a raw frame could not be sent") }
        }
    }

    func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 10_000)
        let count = zmq_recv(socket, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Unexpected(description: "no answer came") }
        return Array(buffer.prefix(Int(count)))
    }
}

/// Sends bytes over a bare TCP connection and closes it.
private func sendTCP(_ bytes: [UInt8], to endpoint: Endpoint) throws {
    guard case .tcp(_, let port) = endpoint else { throw Unexpected(description: "\(endpoint) is not tcp") }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard status == 0 else { throw Unexpected(description: "cannot connect to \(endpoint)") }
    // Part of it may be refused when the other side has seen enough, which is as good.
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
}
