internal import CZeroMQ
internal import Glibc
internal import LockstepWire

/// One ZeroMQ socket, with every limit set; used and closed by one thread.
final class ZeroMQSocket {
    let handle: UnsafeMutableRawPointer
    private var isOpen = true

    init(_ context: UnsafeMutableRawPointer, _ type: Int32, _ limits: TransportLimits) throws(TransportError) {
        guard let socket = zmq_socket(context, type) else {
            throw TransportError(.system, "a ZeroMQ socket cannot be made: \(ZeroMQ.reason())")
        }
        handle = socket
        do {
            try setLimits(limits)
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    /// Closes the socket; what was sent still goes out for as long as the context's end and the linger allow.
    func close() {
        guard isOpen else { return }
        isOpen = false
        zmq_close(handle)
    }

    /// Sets an option that is an int, as most are.
    func set(_ option: Int32, _ value: Int32) throws(TransportError) {
        var value = value
        try check(option, zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size))
    }

    /// Sets an option that is a text or a key.
    private func set(_ option: Int32, _ value: [UInt8]) throws(TransportError) {
        try check(option, zmq_setsockopt(handle, option, value, value.count))
    }

    /// Has the authenticator decide about every connection that comes in and, with keys, encrypts it and proves to hold `own`.
    func listen(with own: KeyPair?) throws(TransportError) {
        try set(ZMQ_ZAP_DOMAIN, Array(Authenticator.domain.utf8))
        // Were the authenticator not there, ZeroMQ would otherwise let everybody in.
        try set(ZMQ_ZAP_ENFORCE_DOMAIN, 1)
        guard let own else { return }
        try set(ZMQ_CURVE_SERVER, 1)
        try set(ZMQ_CURVE_SECRETKEY, own.secret)
    }

    /// Encrypts what goes out, proves to hold `own`, and expects the other side to hold `key`.
    func connect(with own: KeyPair, to key: PublicKey) throws(TransportError) {
        try set(ZMQ_CURVE_SERVERKEY, key.bytes)
        try set(ZMQ_CURVE_PUBLICKEY, own.publicKey.bytes)
        try set(ZMQ_CURVE_SECRETKEY, own.secret)
    }

    private func check(_ option: Int32, _ result: Int32) throws(TransportError) {
        guard result == 0 else {
            throw TransportError(.system, "ZeroMQ does not take option \(option): \(ZeroMQ.reason())")
        }
    }

    /// libzmq's defaults drop in silence, wait for ever and take messages of any size; none of them is kept.
    private func setLimits(_ limits: TransportLimits) throws(TransportError) {
        let process = Deadline.milliseconds(limits.processTimeout)
        try set(ZMQ_LINGER, Deadline.milliseconds(limits.linger))
        try set(ZMQ_SNDHWM, Int32(clamping: limits.highWaterMark))
        try set(ZMQ_RCVHWM, Int32(clamping: limits.maximumUnreadMessages))
        try set(ZMQ_HEARTBEAT_IVL, Deadline.milliseconds(limits.heartbeatInterval))
        try set(ZMQ_HEARTBEAT_TIMEOUT, process)
        // What the other side holds us to, in case its own limits are longer; the largest that the protocol can say.
        try set(ZMQ_HEARTBEAT_TTL, min(process, 6_553_500))
        try set(ZMQ_CONNECT_TIMEOUT, Deadline.milliseconds(limits.connectTimeout))
        try set(ZMQ_HANDSHAKE_IVL, Deadline.milliseconds(limits.connectTimeout))
        // From 50 ms to 1 s: a coordinator that is just starting is found at once, one that is away is not flooded.
        try set(ZMQ_RECONNECT_IVL, 50)
        try set(ZMQ_RECONNECT_IVL_MAX, 1000)
        // Messages sent before the link is up wait for it.
        try set(ZMQ_IMMEDIATE, 0)
        // The kernel's own watch over the other host: unacknowledged data for hostTimeout, and probes where there is none.
        let host = Deadline.milliseconds(limits.hostTimeout)
        try set(ZMQ_TCP_MAXRT, host)
        try set(ZMQ_TCP_KEEPALIVE, 1)
        try set(ZMQ_TCP_KEEPALIVE_IDLE, max(1, Deadline.milliseconds(limits.heartbeatInterval) / 1000))
        try set(ZMQ_TCP_KEEPALIVE_INTVL, 1)
        try set(ZMQ_TCP_KEEPALIVE_CNT, max(1, host / 1000 - 1))
        var largest = Int64(limits.maximumMessageBytes)
        try check(ZMQ_MAXMSGSIZE, zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &largest, MemoryLayout<Int64>.size))
    }

    /// What becomes readable when the socket may have something to receive.
    ///
    /// It is readable once for what is new, and what is done with the socket meanwhile may take note of that: so whoever polls it
    /// first receives until there is nothing, after each time that anything was sent.
    func descriptor() throws(TransportError) -> Int32 {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        try check(ZMQ_FD, zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size))
        return descriptor
    }

    /// What a send came to.
    enum Sent {
        case done, full, gone
        case failed(Int32)
    }

    /// Sends a copy of `bytes` as one frame, or none of it.
    func send(copy bytes: [UInt8], more: Bool) -> Sent {
        var message = zmq_msg_t()
        guard zmq_msg_init_size(&message, bytes.count) == 0 else { return .failed(zmq_errno()) }
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { zmq_msg_data(&message).copyMemory(from: base, byteCount: source.count) }
        }
        return send(&message, more: more)
    }

    /// Sends the payload as the last frame without a copy; ZeroMQ lets go of it, on any thread, when it is sent.
    func send(_ payload: Payload, counting queued: QueuedBytes) -> Sent {
        guard let base = payload.bytes.baseAddress, payload.count > 0 else { return send(copy: [], more: false) }
        var message = zmq_msg_t()
        let owner = Unmanaged<AnyObject>.passRetained(queued.hold(payload))
        // ZeroMQ does not write to what it sends, so shedding the pointer's constness is safe.
        let status = zmq_msg_init_data(
            &message, UnsafeMutableRawPointer(mutating: base), payload.count,
            { _, owner in
                // The hint is what was passed below, never nil.
                Unmanaged<AnyObject>.fromOpaque(owner!).release()
            }, owner.toOpaque())
        guard status == 0 else {
            owner.release()
            return .failed(zmq_errno())
        }
        return send(&message, more: false)
    }

    private func send(_ message: inout zmq_msg_t, more: Bool) -> Sent {
        while zmq_msg_send(&message, handle, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0 {
            let error = zmq_errno()
            if error == EINTR { continue }
            zmq_msg_close(&message)
            switch error {
            case EAGAIN: return .full
            case EHOSTUNREACH: return .gone
            default: return .failed(error)
            }
        }
        return .done
    }

    /// The next frame if one is there.
    func receive() throws(TransportError) -> ReceivedFrame? {
        let frame = ReceivedFrame()
        while zmq_msg_recv(frame.message, handle, ZMQ_DONTWAIT) < 0 {
            let error = zmq_errno()
            if error == EAGAIN { return nil }
            guard error == EINTR else {
                throw TransportError(.system, "receiving from ZeroMQ: \(ZeroMQ.reason(error))")
            }
        }
        return frame
    }
}

/// One received frame in the memory that ZeroMQ received it into.
final class ReceivedFrame: @unchecked Sendable {
    // Sendable because the frame does not change after it was received, and ZeroMQ counts references to its memory atomically.

    /// On the heap, as ZeroMQ wants a fixed address and keeps short frames within.
    let message: UnsafeMutablePointer<zmq_msg_t>

    init() {
        message = .allocate(capacity: 1)
        // Cannot fail: it only marks the message as empty.
        zmq_msg_init(message)
    }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    /// The frame's bytes, good while the frame lives.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    }

    /// Whether the message goes on with another frame.
    var hasMore: Bool { zmq_msg_more(message) != 0 }

    /// The file descriptor that the frame came in on; nil if ZeroMQ does not know it.
    var descriptor: Int32? {
        let descriptor = zmq_msg_get(message, ZMQ_SRCFD)
        return descriptor < 0 ? nil : descriptor
    }

    /// What the authenticator called the other side: its key, where there are keys.
    var userID: String? { zmq_msg_gets(message, "User-Id").map { String(cString: $0) } }

    /// The address of the other side, as ZeroMQ has it.
    var peerAddress: String? { zmq_msg_gets(message, "Peer-Address").map { String(cString: $0) } }
}

/// ZeroMQ's error numbers in words.
enum ZeroMQ {
    /// What went wrong last on this thread.
    static func reason(_ number: Int32 = zmq_errno()) -> String { String(cString: zmq_strerror(number)) }
}
