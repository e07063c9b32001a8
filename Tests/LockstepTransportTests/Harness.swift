import Glibc
import LockstepTransport
import LockstepWire
import Testing

/// The implementations of `Transport` that every behaviour is tested on.
enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case inProcess, tcp, ipc

    var testDescription: String { rawValue }
}

/// Makes transports of one kind that can reach each other, and cleans up after them.
final class Harness {
    let kind: Kind
    private let network = InProcessNetwork()
    private var names = 0
    private var transports: [any Transport] = []
    private var cleanUps: [() -> Void] = []

    init(_ kind: Kind) { self.kind = kind }

    /// Closes the transports; every test calls it at its end, so that none of them ends earlier, at its last use.
    func end() {
        for transport in transports { transport.close() }
        for cleanUp in cleanUps { cleanUp() }
    }

    /// A transport at a fresh endpoint.
    func transport(_ limits: TransportLimits = TransportLimits()) throws -> any Transport {
        try transport(at: try freshEndpoint(), limits)
    }

    func transport(
        at endpoint: Endpoint, _ limits: TransportLimits = TransportLimits(), protection: Protection = .thisHostOnly
    ) throws -> any Transport {
        let transport: any Transport
        if case .inProcess(let name) = endpoint {
            transport = try InProcessTransport(network: network, name: name, limits: limits)
        } else {
            transport = try ZeroMQTransport(binding: endpoint, protection: protection, limits: limits)
        }
        transports.append(transport)
        return transport
    }

    /// An endpoint that nobody listens at.
    func freshEndpoint() throws -> Endpoint {
        names += 1
        switch kind {
        case .inProcess: return .inProcess(name: "transport \(names)")
        case .tcp: return .tcp(host: "127.0.0.1", port: 0)
        case .ipc:
            let (endpoint, remove) = try Endpoint.privateIPC()
            cleanUps.append(remove)
            return endpoint
        }
    }

    /// Two transports, a connection from the first to the second, and the second's name for it after a first message.
    func pair(
        _ limits: TransportLimits = TransportLimits()
    ) throws -> (caller: any Transport, callee: any Transport, toCallee: Peer, toCaller: Peer) {
        let caller = try transport()
        let callee = try transport(limits)
        let toCallee = try caller.connect(to: callee.endpoint)
        try caller.send(.test(.peerHello), to: toCallee)
        return (caller, callee, toCallee, try callee.nextMessage().peer)
    }
}

/// What a test waited for and did not get.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}

extension Transport {
    /// The next event; throws if there is none within a time that no test machine needs.
    func next() throws -> Incoming {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let incoming = try receive(timeout: deadline - .now) { return incoming }
        }
        throw Unexpected(description: "nothing came in at \(endpoint)")
    }

    /// The next event, which must be a message.
    func nextMessage() throws -> (envelope: Envelope, peer: Peer) {
        let incoming = try next()
        guard case .message(let envelope, let peer) = incoming else {
            throw Unexpected(description: "expected a message, got \(incoming)")
        }
        return (envelope, peer)
    }

    /// The next event, which must be a loss.
    func nextLoss() throws -> Peer {
        let incoming = try next()
        guard case .lost(let peer) = incoming else { throw Unexpected(description: "expected a loss, got \(incoming)") }
        return peer
    }

    /// The next event, which must be somebody whom this side did not let in.
    func nextRefusal() throws -> String {
        let incoming = try next()
        guard case .refused(let error) = incoming else {
            throw Unexpected(description: "expected a refusal, got \(incoming)")
        }
        return error.description
    }

    /// The next event, which must be that the other side did not let this one in.
    func nextRefusal(by peer: Peer) throws -> String {
        let incoming = try next()
        guard case .refusedBy(peer, let error) = incoming else {
            throw Unexpected(description: "expected a refusal by \(peer), got \(incoming)")
        }
        return error.description
    }

    /// The next event, which must be a rejection.
    func nextRejection() throws -> WireError {
        let incoming = try next()
        guard case .rejected(let error, _) = incoming else {
            throw Unexpected(description: "expected a rejection, got \(incoming)")
        }
        return error
    }
}

extension Envelope {
    /// A message of no particular run.
    static func test(_ body: Body, step: Int = 0, payload: Payload? = nil) -> Envelope {
        Envelope(run: .unknown, step: step, sender: .rank(0), body: body, payload: payload)
    }
}

/// The code of the error that `body` throws; nil if it throws none.
func code(_ body: () throws -> Void) -> TransportError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? TransportError)?.code
    }
}

/// The text of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was thrown"
    } catch {
        return "\(error)"
    }
}

/// A thread of its own: a task would wait for the threads that tests block.
struct TestThread {
    private let thread: pthread_t

    init(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { box in
                // The box that is passed below, never nil.
                Unmanaged<Box>.fromOpaque(box!).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(Box(body)).toOpaque())
        guard status == 0 else { fatalError("no thread could be made: error \(status)") }
        self.thread = thread
    }

    /// Waits for the thread's end.
    func join() { pthread_join(thread, nil) }
}

extension Body {
    /// A small message without a payload.
    static let linked = Body.connected(Connected(holdsState: true))
    /// A message that carries a payload.
    static let piece = Body.state(State(offset: 0, total: 0))
}
