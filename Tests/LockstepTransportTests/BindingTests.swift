import Glibc
import LockstepTransport
import LockstepWire
import Testing

/// Listening at real addresses.
@Suite struct BindingTests {
    @Test func port0BecomesAPortThatWasFree() throws {
        let first = try ZeroMQTransport(binding: .tcp(host: "127.0.0.1", port: 0))
        let second = try ZeroMQTransport(binding: .tcp(host: "localhost", port: 0))
        guard case .tcp("127.0.0.1", let one) = first.endpoint, case .tcp("127.0.0.1", let two) = second.endpoint else {
            Issue.record("listening at \(first.endpoint) and \(second.endpoint)")
            return
        }
        #expect(one != 0 && two != 0 && one != two)
    }

    @Test(arguments: ["*", "0.0.0.0"])
    func everyAddressIsReachedOverLoopback(_ host: String) throws {
        let callee = try ZeroMQTransport(binding: .tcp(host: host, port: 0), protection: .insecure)
        guard case .tcp(host, let port) = callee.endpoint else {
            Issue.record("listening at \(callee.endpoint)")
            return
        }
        let harness = Harness(.tcp)
        defer { harness.end() }
        let caller = try harness.transport()
        try caller.send(.test(.finish), to: caller.connect(to: .tcp(host: "127.0.0.1", port: port)))
        let (envelope, peer) = try callee.nextMessage()
        #expect(envelope.body == .finish)
        #expect(peer.description.contains("127.0.0.1"))
    }

    @Test func anIPv6AddressWorksAsAnyOther() throws {
        let callee: ZeroMQTransport
        do {
            callee = try ZeroMQTransport(binding: .tcp(host: "::1", port: 0))
        } catch {
            print("skipped: this host has no IPv6 loopback address (\(error))")
            return
        }
        let harness = Harness(.tcp)
        defer { harness.end() }
        let caller = try harness.transport()
        try caller.send(.test(.finish), to: caller.connect(to: callee.endpoint))
        #expect(try callee.nextMessage().envelope.body == .finish)
    }

    @Test func anAddressOfAnotherHostIsRefused() {
        // RFC 5737 keeps 192.0.2.0/24 for documents; no host has one.
        let text = message { _ = try ZeroMQTransport(binding: .tcp(host: "192.0.2.1", port: 0), protection: .insecure) }
        #expect(
            text == "tcp://192.0.2.1:0 is not an address of this host; choose one that `ip address` lists, "
                + "or * for all of them")
    }

    @Test(arguments: ["*", "0.0.0.0", "192.0.2.1", "[::]"])
    func whereOtherHostsReachItNothingListensWithoutKeys(_ host: String) throws {
        let endpoint = try Endpoint("tcp://\(host):0")
        #expect(code { _ = try ZeroMQTransport(binding: endpoint) } == .unprotected)
        let text = message { _ = try ZeroMQTransport(binding: endpoint) }
        #expect(text.hasPrefix("other hosts reach \(endpoint), so keys are required: give --keys FOLDER"))
        #expect(text.contains("--insecure"))
    }

    @Test func aHostThatDoesNotResolveIsRefused() throws {
        let endpoint = Endpoint.tcp(host: "no-such-host.invalid", port: 1)
        #expect(code { _ = try ZeroMQTransport(binding: endpoint) } == .unresolvable)
        let harness = Harness(.tcp)
        defer { harness.end() }
        let transport = try harness.transport()
        #expect(code { _ = try transport.connect(to: endpoint) } == .unresolvable)
    }

    @Test func aPortInUseNamesTheAddress() throws {
        let transport = try ZeroMQTransport(binding: .tcp(host: "127.0.0.1", port: 0))
        let text = message { _ = try ZeroMQTransport(binding: transport.endpoint) }
        #expect(
            text == "\(transport.endpoint) is in use: another process listens there; choose another port, "
                + "or 0 for any that is free")
    }

    @Test func aPathWithoutAFolderOrOfAFileIsRefused() throws {
        let (endpoint, remove) = try Endpoint.privateIPC()
        defer { remove() }
        #expect(code { _ = try ZeroMQTransport(binding: .ipc(path: "/no/such/folder/socket")) } == .invalidEndpoint)
        guard case .ipc(let path) = endpoint else { return }
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        #expect(write(file, "precious", 8) == 8)
        close(file)
        #expect(code { _ = try ZeroMQTransport(binding: endpoint) } == .addressInUse)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_size == 8)
    }

    @Test func theSocketOfAProcessThatWasKilledIsReplaced() throws {
        let (endpoint, remove) = try Endpoint.privateIPC()
        defer { remove() }
        guard case .ipc(let path) = endpoint else { return }
        // What is left of a process that had no chance to clean up: a bound socket that nobody listens on.
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(status == 0)
        close(descriptor)
        let callee = try ZeroMQTransport(binding: endpoint)
        let harness = Harness(.ipc)
        defer { harness.end() }
        let caller = try harness.transport()
        try caller.send(.test(.finish), to: caller.connect(to: endpoint))
        #expect(try callee.nextMessage().envelope.body == .finish)
    }

    @Test func anInProcessEndpointIsNotForSockets() {
        #expect(code { _ = try ZeroMQTransport(binding: .inProcess(name: "x")) } == .invalidEndpoint)
    }
}
