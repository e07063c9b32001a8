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
            let callee = try ZeroMQTransport(
                binding: .tcp(host: hosts.addresses[0], port: 0), protection: .insecure, limits: limits)
            try hosts.enter(1)
            let caller = try ZeroMQTransport(
                binding: .tcp(host: hosts.addresses[1], port: 0), protection: .insecure, limits: limits)
            #expect(try Endpoint.localHost(toward: callee.endpoint) == hosts.addresses[1])
            let toCallee = try caller.connect(to: callee.endpoint)
            try caller.send(.test(.linked), to: toCallee)
            let toCaller = try callee.nextMessage().peer
            #expect(toCaller.description.hasSuffix(hosts.addresses[1]))
            try callee.send(.test(.linked), to: toCaller)
            #expect(try caller.nextMessage().peer == toCallee)
            try hosts.cut()
            #expect(try callee.nextLoss() == toCaller)
            #expect(try caller.nextLoss() == toCallee)
        }
        #expect(failure == nil)
    }
}

/// Two network namespaces with a cable between them. They have no names, so they vanish with their descriptors, however the
/// tests end.
private struct TwoHosts: Sendable {
    /// The addresses of the two; 198.18.0.0/15 is kept for tests by RFC 2544.
    let addresses = ["198.18.0.1", "198.18.0.2"]
    private let namespaces: [Int32]

    /// Whether this process may make namespaces.
    static func arePermitted() -> Bool {
        guard let hosts = try? TwoHosts() else { return false }
        hosts.remove()
        return true
    }

    init() throws {
        namespaces = [TwoHosts.makeNamespace(), TwoHosts.makeNamespace()]
        do {
            guard !namespaces.contains(-1) else { throw Unexpected(description: "cannot make network namespaces") }
            try ip(0, "link add name cable type veth peer name cable netns \(path(1))")
            for index in 0...1 {
                try ip(index, "address add \(addresses[index])/24 dev cable")
                try ip(index, "link set cable up")
            }
        } catch {
            remove()
            throw error
        }
    }

    /// Lets go of both namespaces and of the cable with them.
    func remove() {
        for namespace in namespaces where namespace >= 0 { close(namespace) }
    }

    /// Pulls the cable without telling either side's connections.
    func cut() throws { try ip(1, "link set cable down") }

    /// Moves the calling thread, and all threads that it starts from now on, to one of the hosts.
    func enter(_ index: Int) throws {
        // Not in Swift's Glibc module.
        guard let symbol = dlsym(nil, "setns") else { throw Unexpected(description: "no setns") }
        let setns = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        guard setns(namespaces[index], 0) == 0 else { throw Unexpected(description: "cannot enter host \(index)") }
    }

    /// The descriptor of a new network namespace, or -1.
    private static func makeNamespace() -> Int32 {
        final class Result: @unchecked Sendable {
            // Sendable because it is read after the thread that writes it has ended.
            var descriptor: Int32 = -1
        }
        let result = Result()
        TestThread {
            // Not in Swift's Glibc module. It moves this thread alone, to the namespace that it makes.
            guard let symbol = dlsym(nil, "unshare") else { return }
            let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
            let networkNamespace: Int32 = 0x4000_0000  // CLONE_NEWNET
            guard unshare(networkNamespace) == 0 else { return }
            result.descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        }.join()
        return result.descriptor
    }

    /// Where other programs find a namespace.
    private func path(_ index: Int) -> String { "/proc/\(getpid())/fd/\(namespaces[index])" }

    /// Runs `ip` on one of the hosts.
    private func ip(_ index: Int, _ arguments: String) throws {
        let command = "nsenter --net=\(path(index)) ip \(arguments)"
        guard system(command) == 0 else { throw Unexpected(description: "failed: \(command)") }
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
}
