internal import CZeroMQ

/// What happens to a socket's connections, as ZeroMQ reports it.
final class SocketMonitor {
    /// One change of one connection.
    enum Event {
        /// A connection came in on this file descriptor.
        case accepted(Int32)
        /// A connection that goes out has this file descriptor; both sides have not agreed yet.
        case connected(Int32)
        /// Both sides have agreed to talk.
        case ready
        /// A connection failed before they had; the event that it ended follows.
        case failed(HandshakeFailure)
        /// The connection on this file descriptor ended.
        case disconnected(Int32)
    }

    let socket: ZeroMQSocket

    /// Watches `watched` from now on; `name` must be new to the context.
    init(
        _ context: UnsafeMutableRawPointer, watching watched: ZeroMQSocket, name: String, _ limits: TransportLimits
    ) throws(TransportError) {
        socket = try ZeroMQSocket(context, ZMQ_PAIR, limits)
        // ZeroMQ's I/O thread would wait for ever on a full queue of events, so it has no end.
        try socket.set(ZMQ_RCVHWM, 0)
        try socket.set(ZMQ_LINGER, 0)
        let address = "inproc://\(name)"
        let events =
            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard zmq_socket_monitor(watched.handle, address, events) == 0, zmq_connect(socket.handle, address) == 0 else {
            throw TransportError(.system, "a ZeroMQ socket cannot be watched: \(ZeroMQ.reason())")
        }
    }

    /// The next event if one is there.
    func next() throws(TransportError) -> Event? {
        while let frame = try socket.receive() {
            // Two frames: 16 bits of event and 32 of value in the machine's order, then the address, which is not needed.
            if frame.hasMore { _ = try socket.receive() }
            guard frame.bytes.count >= 6 else { continue }
            let value = frame.bytes.loadUnaligned(fromByteOffset: 2, as: Int32.self)
            switch Int32(frame.bytes.loadUnaligned(as: UInt16.self)) {
            case ZMQ_EVENT_ACCEPTED: return .accepted(value)
            case ZMQ_EVENT_CONNECTED: return .connected(value)
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .ready
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .failed(.ended)
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return .failed(HandshakeFailure(protocolError: value))
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .failed(.refused(value))
            case ZMQ_EVENT_DISCONNECTED: return .disconnected(value)
            default: continue
            }
        }
        return nil
    }
}
