import LockstepCluster
import LockstepTransport
import LockstepWire
import Testing

/// What a loop takes in at once.
struct ReceivingTests {
    @Test("All that is there is read at once, up to so many bytes and a thousand messages; the rest comes next")
    func bounded() throws {
        let network = InProcessNetwork()
        let receiver = try InProcessTransport(network: network, name: "receiver")
        let sender = try InProcessTransport(network: network, name: "sender")
        defer {
            sender.close()
            receiver.close()
        }
        let peer = try sender.connect(to: receiver.endpoint)
        func send(_ body: Body, bytes: Int?) throws {
            let payload = bytes.map { Payload([UInt8](repeating: 1, count: $0)) }
            try sender.send(Envelope(run: Simulation.run, sender: .rank(0), body: body, payload: payload), to: peer)
        }
        for _ in 0..<10 { try send(.state(State(offset: 0, total: 100)), bytes: 100) }
        for count in [4, 4, 2] {
            #expect(try receiver.receiveAll(timeout: .zero, bytes: 350).count == count)
        }
        for _ in 0..<1100 { try send(.heartbeat(Heartbeat(phase: "x")), bytes: nil) }
        for count in [1000, 100, 0] { #expect(try receiver.receiveAll(timeout: .zero).count == count) }
    }
}
