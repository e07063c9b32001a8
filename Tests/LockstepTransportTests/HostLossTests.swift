import Glibc
import LockstepTransport
import LockstepWire
import Testing

/// A host that goes down says nothing: only what it leaves unanswered tells.
@Suite struct HostLossTests {
    @Test(.enabled("needs the right to make network namespaces, and iproute2", TwoHosts.arePermitted))
    func aHostThatGoesDownIsLostToBothSides() throws {
        let hosts = try TwoHosts()
        defer { hosts.remove() }
        let failure = hosts.onThreadOfItsOwn {
            // Far below what ZeroMQ itself would take to find out.
            let limits = TransportLimits(
                heartbeatInterval: .milliseconds(200), hostTimeout: .seconds(1), processTimeout: .seconds(600),
                linger: .milliseconds(100))
            try hosts.enter(0)
            let callee = try ZeroMQTransport(binding: .tcp(host: hosts.addresses[0], port: 0), limits: limits)
            try hosts.enter(1)
            let caller = try ZeroMQTransport(binding: .tcp(host: hosts.addresses[1], port: 0), limits: limits)
            #expect(try Endpoint.localHost(toward: callee.endpoint) == hosts.addresses[1])
            let toCallee = try caller.connect(to: callee.endpoint)
            try caller.send(.test(.connected), to: toCallee)
            let toCaller = try callee.nextMessage().peer
            #expect(toCaller.description.hasSuffix(hosts.addresses[1]))
            try callee.send(.test(.connected), to: toCaller)
            #expect(try caller.nextMessage().peer == toCallee)
            try hosts.cut()
            #expect(try callee.nextLoss() == toCaller)
            #expect(try caller.nextLoss() == toCallee)
        }
        #expect(failure == nil)
    }
}

/// Two network namespaces with a cable between them.
private struct TwoHosts: Sendable {
    /// The addresses of the two; 198.18.0.0/15 is kept for tests by RFC 2544.
    let addresses = ["198.18.0.1", "198.18.0.2"]
    private let names = ["lockstep-\(getpid())-0", "lockstep-\(getpid())-1"]

    /// Whether this process may make namespaces.
    static func arePermitted() -> Bool {
        let name = "lockstep-\(getpid())-probe"
        return system("ip netns add \(name) 2>/dev/null && ip netns del \(name) 2>/dev/null") == 0
    }

    init() throws {
        try sh("ip netns add \(names[0]) && ip netns add \(names[1])")
        try sh("ip link add cable netns \(names[0]) type veth peer name cable netns \(names[1])")
        for (name, address) in zip(names, addresses) {
            try sh("ip -n \(name) addr add \(address)/24 dev cable && ip -n \(name) link set cable up")
        }
    }

    /// Removes both namespaces and the cable.
    func remove() {
        for name in names { _ = system("ip netns del \(name)") }
    }

    /// Pulls the cable without telling either side's connections.
    func cut() throws { try sh("ip -n \(names[1]) link set cable down") }

    /// Moves the calling thread, and all threads that it starts from now on, to one of the hosts.
    func enter(_ index: Int) throws {
        // Not in Swift's Glibc module.
        guard let symbol = dlsym(nil, "setns") else { throw Unexpected(description: "no setns") }
        let setns = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        let namespace = open("/run/netns/\(names[index])", O_RDONLY | O_CLOEXEC)
        defer { close(namespace) }
        guard setns(namespace, 0) == 0 else { throw Unexpected(description: "cannot enter \(names[index])") }
    }

    /// Runs `body` on a thread that nothing else runs on, as it does not come back to this host; returns its error's text.
    func onThreadOfItsOwn(_ body: @escaping @Sendable () throws -> Void) -> String? {
        final class Result: @unchecked Sendable {
            // Sendable because it is read after the thread that writes it has ended.
            var text: String?
        }
        let result = Result()
        TestThread {
            do { try body() } catch { result.text = "\(error)" }
        }.join()
        return result.text
    }

    private func sh(_ command: String) throws {
        guard system(command) == 0 else { throw Unexpected(description: "failed: \(command)") }
    }
}
