internal import CZeroMQ
internal import LockstepLocking
internal import Synchronization

/// Decides who may connect to a transport: ZeroMQ asks it before a connection comes up (ZAP, RFC 27 of ZeroMQ), and lets
/// nobody in without its word.
///
/// It answers from a thread of its own, so that a transport whose owner is busy still answers in time. The thread ends with
/// the ZeroMQ context.
final class Authenticator: @unchecked Sendable {
    // Sendable because the socket, what waits and what is allowed are used by the thread alone, and all else is behind locks or atomic.

    /// What this transport's sockets are called where ZeroMQ asks about them; the name of all others is refused.
    static let domain = "lockstep"
    /// The most connections whose key is not known yet that wait for word of it. Default 64: in a run, all that wait are its
    /// members; the rest are refused and try again.
    private static let mostWaiting = 64

    private let socket: ZeroMQSocket
    private let keyring: Keyring?
    private let limits: TransportLimits
    private let log: RefusalLog
    private let news: EventWaker
    private let admitted = Locked<Set<PublicKey>>([])
    private let connections = Atomic(0)
    private var allowed: AllowedKeys?
    private var waiting: [(request: Request, until: ContinuousClock.Instant)] = []

    /// Begins to answer for the sockets of `context`. Without a keyring it lets everybody in, up to the limits.
    init(
        _ context: UnsafeMutableRawPointer, _ keyring: Keyring?, _ limits: TransportLimits, _ log: RefusalLog
    ) throws(TransportError) {
        self.keyring = keyring
        allowed = keyring?.cluster.map { AllowedKeys(of: $0) }
        self.limits = limits
        self.log = log
        news = try EventWaker()
        socket = try ZeroMQSocket(context, ZMQ_ROUTER, limits)
        try socket.set(ZMQ_LINGER, 0)
        guard zmq_bind(socket.handle, "inproc://zeromq.zap.01") == 0 else {
            throw TransportError(.system, "connections cannot be authenticated: \(ZeroMQ.reason())")
        }
        DetachedThread.start { [self] in run() }
    }

    /// From now on lets in who holds one of these keys, and nobody else.
    func admit(_ keys: Set<PublicKey>) {
        admitted.withLock { $0 = keys }
        news.signal()
    }

    /// Takes note of how many connections there are.
    func count(connections count: Int) { connections.store(count, ordering: .relaxed) }

    private func run() {
        defer { socket.close() }
        var items = [
            zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: nil, fd: news.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
        ]
        while true {
            let timeout = waiting.first.map { Int(Deadline.milliseconds(until: $0.until)) } ?? -1
            // The one error besides an interruption is the context's end.
            if zmq_poll(&items, Int32(items.count), timeout) < 0, zmq_errno() != EINTR { return }
            if items[1].revents != 0 { news.consume() }
            do {
                while let request = try Request(from: socket) { decide(request, until: .now + patience) }
            } catch {
                return
            }
            let again = waiting
            waiting = []
            for (request, deadline) in again { decide(request, until: deadline) }
        }
    }

    /// How long a key may be unknown that others have been told of, perhaps before this side: less than the other side waits
    /// for an answer.
    private var patience: Duration { limits.connectTimeout * 2 / 3 }

    private func decide(_ request: Request, until deadline: ContinuousClock.Instant) {
        switch verdict(on: request) {
        case .welcome(let user): request.answer("200", user: user, over: socket)
        case .unknown where keyring?.cluster == nil && deadline > .now && waiting.count < Self.mostWaiting:
            waiting.append((request, deadline))
        case .unknown(let text), .refused(let text):
            log.add("key", text, from: request.address)
            request.answer("400", over: socket)
        case .full(let text):
            log.add("full", text, from: request.address)
            request.answer("500", over: socket)
        }
    }

    private enum Verdict {
        case welcome(user: String)
        /// Nobody has told this side of the key.
        case unknown(String)
        case refused(String)
        case full(String)
    }

    private func verdict(on request: Request) -> Verdict {
        guard request.isForThisVersion, request.domain == Self.domain else {
            return .refused("ZeroMQ asked in a way that is not known")
        }
        var user = ""
        if let keyring {
            guard request.mechanism == "CURVE", let key = request.key else { return .refused("it has no key") }
            guard !key.isPublished else {
                return .refused("its key is a test key whose secret half is printed in ZeroMQ's manual")
            }
            do {
                guard try allowed?.contains(key) ?? admitted.withLock({ $0.contains(key) }) else {
                    return .unknown(
                        keyring.cluster.map {
                            "its key \(key) is not one that may join; those that may are in \($0.folder)/allowed "
                                + "(keys list \($0.folder))"
                        } ?? "its key \(key) is not that of a worker of this run")
                }
            } catch {
                return .refused("which keys may join is not known: \(error)")
            }
            user = key.description
        }
        let count = connections.load(ordering: .relaxed)
        guard count <= limits.maximumConnections else {
            return .full("there are \(count) connections, and \(limits.maximumConnections) are allowed")
        }
        return .welcome(user: user)
    }
}

/// ZeroMQ's question whether a connection may come up.
private struct Request {
    let isForThisVersion: Bool
    let domain: String
    /// Where the connection comes from: a numeric address, or words for what has none.
    let address: String
    let mechanism: String
    /// The key that the other side has proved to hold.
    let key: PublicKey?

    /// What the answer must begin with.
    private let route: [[UInt8]]
    private let number: [UInt8]

    /// The next question, if one is there.
    init?(from socket: ZeroMQSocket) throws(TransportError) {
        var frames: [[UInt8]] = []
        while let frame = try socket.receive() {
            frames.append(Array(frame.bytes))
            guard frame.hasMore else { break }
        }
        guard !frames.isEmpty else { return nil }
        // Whose question it is, an empty frame, and then: version, number, domain, address, routing name, mechanism, credentials.
        while frames.count < 9 { frames.append([]) }
        func text(_ index: Int) -> String { String(decoding: frames[index], as: UTF8.self) }
        route = [frames[0], frames[1]]
        isForThisVersion = text(2) == "1.0"
        number = frames[3]
        domain = text(4)
        address = text(5).isEmpty ? "a local process" : text(5)
        mechanism = text(7)
        key = PublicKey(bytes: frames[8])
    }

    /// Answers: 200 to let the other side in, 400 not to, 500 not to for lack of room.
    func answer(_ code: String, user: String = "", over socket: ZeroMQSocket) {
        let frames = route + [Array("1.0".utf8), number, Array(code.utf8), [], Array(user.utf8), []]
        // Who is gone needs no answer, and the socket drops it.
        for (index, frame) in frames.enumerated() { _ = socket.send(copy: frame, more: index < frames.count - 1) }
    }
}
