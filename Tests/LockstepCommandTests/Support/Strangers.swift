import CZeroMQ
import Glibc

/// Somebody who connects to a run without speaking its protocol.
enum Strangers {
    /// Sends messages of foreign frames through a ZeroMQ socket, and waits until they have gone out.
    static func send(_ messages: [[[UInt8]]], to address: String) throws {
        guard let context = zmq_ctx_new() else { throw Failure("no ZeroMQ context") }
        defer { zmq_ctx_term(context) }
        guard let socket = zmq_socket(context, ZMQ_DEALER) else { throw Failure("no ZeroMQ socket") }
        defer { zmq_close(socket) }
        // How long closing waits for what has not gone out.
        var linger: Int32 = 5000
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
        guard zmq_connect(socket, address) == 0 else { throw Failure("cannot connect to \(address)") }
        for frames in messages {
            for (index, frame) in frames.enumerated() {
                let more = index + 1 < frames.count ? ZMQ_SNDMORE : 0
                guard zmq_send(socket, frame, frame.count, more) >= 0 else {
                    throw Failure("cannot send to \(address)")
                }
            }
        }
    }

    /// Sends bytes to a TCP port of this host, as a browser or a port scanner would.
    static func send(_ bytes: [UInt8], toPort port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else {
            throw Failure("cannot send to port \(port): errno \(errno)")
        }
    }
}
