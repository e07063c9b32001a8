import Glibc
import LockstepTransport
import Testing

/// Endpoints as text, and what the system knows of them.
@Suite struct EndpointTests {
    @Test(arguments: [
        ("tcp://127.0.0.1:5555", Endpoint.tcp(host: "127.0.0.1", port: 5555)),
        ("tcp://0.0.0.0:0", .tcp(host: "0.0.0.0", port: 0)),
        ("tcp://*:65535", .tcp(host: "*", port: 65535)),
        ("tcp://node-1.example_org:80", .tcp(host: "node-1.example_org", port: 80)),
        ("tcp://[::1]:80", .tcp(host: "::1", port: 80)),
        ("tcp://[fe80::1%eth0]:80", .tcp(host: "fe80::1%eth0", port: 80)),
        ("ipc:///tmp/a b", .ipc(path: "/tmp/a b")),
        ("ipc://relative", .ipc(path: "relative")),
        ("in-process://x/y:1", .inProcess(name: "x/y:1")),
    ])
    func aTextAndItsEndpointAreTheSame(_ text: String, _ endpoint: Endpoint) throws {
        #expect(try Endpoint(text) == endpoint)
        #expect(endpoint.description == text)
    }

    @Test(arguments: [
        ("", "expected tcp://host:port, such as tcp://127.0.0.1:5555, or ipc://path"),
        ("localhost:5555", "expected tcp://host:port, such as tcp://127.0.0.1:5555, or ipc://path"),
        ("udp://a:1", "the scheme is \"udp\", expected tcp, ipc or in-process"),
        ("TCP://a:1", "the scheme is \"TCP\", expected tcp, ipc or in-process"),
        ("tcp://localhost", "the port is missing; expected tcp://host:port, port 0 for any that is free"),
        ("tcp://:5", "the host is missing; expected tcp://host:port, host * for every address of this host"),
        ("tcp://a:", "the port is \"\", expected a number from 0 to 65535"),
        ("tcp://a:65536", "the port is \"65536\", expected a number from 0 to 65535"),
        ("tcp://a:-1", "the port is \"-1\", expected a number from 0 to 65535"),
        ("tcp://a:+1", "the port is \"+1\", expected a number from 0 to 65535"),
        ("tcp://a:1/", "the port is \"1/\", expected a number from 0 to 65535"),
        ("tcp://::1:5", "an IPv6 address is written in brackets: tcp://[::1]:5555"),
        ("tcp://[127.0.0.1]:5", "\"127.0.0.1\" in brackets is not an IPv6 address"),
        ("tcp://[]:5", "\"\" in brackets is not an IPv6 address"),
        ("tcp://a b:5", "\"a b\" is not a host name or address"),
        ("tcp://a;b:5", "\"a;b\" is not a host name or address"),
        ("tcp://a\u{0}b:5", "it holds a control character"),
        ("ipc://", "expected the path of a socket after ipc://"),
        ("ipc://*", "expected the path of a socket after ipc://"),
        ("ipc://@abstract", "expected the path of a socket after ipc://"),
        ("in-process://", "expected a name after in-process://"),
    ])
    func aBadTextIsRefusedWithWhatWasExpected(_ text: String, _ expected: String) {
        #expect(message { _ = try Endpoint(text) } == "\"\(text)\" is not an endpoint: \(expected)")
        #expect(code { _ = try Endpoint(text) } == .invalidEndpoint)
    }

    @Test func aPathMayBeAsLongAsTheSystemTakes() throws {
        #expect(throws: Never.self) { try Endpoint("ipc://" + String(repeating: "x", count: 107)) }
        let text = message { _ = try Endpoint("ipc://" + String(repeating: "x", count: 108)) }
        #expect(text.hasSuffix("the path has 108 bytes, the system takes at most 107; choose a shorter folder"))
    }

    @Test func loopbackIsWhatOnlyThisHostReaches() throws {
        for text in ["tcp://127.0.0.1:1", "tcp://127.9.9.9:1", "tcp://[::1]:1", "tcp://localhost:1", "ipc:///x"] {
            #expect(try Endpoint(text).isLoopback, "\(text)")
        }
        for text in [
            "tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://10.0.0.1:1", "tcp://[fe80::1]:1", "tcp://a:1",
        ] {
            #expect(try !Endpoint(text).isLoopback, "\(text)")
        }
        #expect(try Endpoint("tcp://[::ffff:127.0.0.1]:1").isLoopback)
    }

    @Test func aWildcardIsEveryAddress() throws {
        for text in ["tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1"] { #expect(try Endpoint(text).isWildcard) }
        for text in ["tcp://127.0.0.1:1", "tcp://[::1]:1", "ipc:///x"] { #expect(try !Endpoint(text).isWildcard) }
    }

    @Test func namesResolveToAddresses() throws {
        #expect(try Endpoint.tcp(host: "localhost", port: 7).resolved() == .tcp(host: "127.0.0.1", port: 7))
        for endpoint in [Endpoint.tcp(host: "10.1.2.3", port: 1), .tcp(host: "*", port: 1), .ipc(path: "/x")] {
            #expect(try endpoint.resolved() == endpoint)
        }
        // RFC 6761 keeps .invalid free of hosts for ever.
        let endpoint = Endpoint.tcp(host: "no-such-host.invalid", port: 7)
        #expect(code { _ = try endpoint.resolved() } == .unresolvable)
        let text = message { _ = try endpoint.resolved() }
        #expect(text.hasPrefix("the host of tcp://no-such-host.invalid:7 has no address: "))
        #expect(text.hasSuffix("; check the name, or give an address"))
    }

    @Test func theAddressTowardThisHostIsItsOwn() throws {
        #expect(try Endpoint.localHost(toward: .tcp(host: "127.0.0.1", port: 5)) == "127.0.0.1")
        #expect(try Endpoint.localHost(toward: .tcp(host: "localhost", port: 0)) == "127.0.0.1")
        #expect(code { _ = try Endpoint.localHost(toward: .ipc(path: "/x")) } == .invalidEndpoint)
        #expect(code { _ = try Endpoint.localHost(toward: .tcp(host: "*", port: 5)) } == .invalidEndpoint)
    }

    @Test func aPrivateSocketLiesInAFolderOfThisUserAlone() throws {
        let (endpoint, remove) = try Endpoint.privateIPC()
        guard case .ipc(let path) = endpoint else {
            Issue.record("\(endpoint) is not ipc")
            return
        }
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        var status = stat()
        #expect(stat(folder, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        let transport = try ZeroMQTransport(binding: endpoint)
        #expect(stat(path, &status) == 0)
        transport.close()
        remove()
        remove()
        #expect(stat(folder, &status) == -1)
    }

    @Test func onlyAbandonedSocketsOfThisUserAreRemoved() throws {
        var template = Array("/tmp/lockstep-abandoned-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let parent = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        /// Makes a folder with a socket, which is bound but, as that of a killed process, not listened at.
        func make(_ name: String, listening: Bool = false, mode: mode_t = 0o700, age: Int = 0) throws -> Int32 {
            let folder = "\(parent)/\(name)"
            try #require(mkdir(folder, 0o700) == 0 && chmod(folder, mode) == 0)
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder)/socket".utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
            if listening { try #require(listen(descriptor, 1) == 0) }
            try setAge(of: folder, age)
            return descriptor
        }
        func setAge(of folder: String, _ age: Int) throws {
            let then = timespec(tv_sec: time(nil) - age, tv_nsec: 0)
            try #require(utimensat(AT_FDCWD, folder, [then, then], 0) == 0)
        }
        let old = AbandonedSockets.youngest + 10
        let descriptors = [
            try make("lockstep-left00", age: old), try make("lockstep-live00", listening: true, age: old),
            try make("lockstep-new000"), try make("lockstep-open00", mode: 0o755, age: old),
            try make("other", age: old), try make("lockstep-mixed0", age: old), try make("lockstep-of-me0", age: old),
        ]
        close(creat("\(parent)/lockstep-mixed0/notes", 0o600))
        try setAge(of: "\(parent)/lockstep-mixed0", old)
        try #require(mkdir("\(parent)/lockstep-empty0", 0o700) == 0)
        try setAge(of: "\(parent)/lockstep-empty0", old)
        try #require(symlink("\(parent)/other", "\(parent)/lockstep-link00") == 0)

        AbandonedSockets.remove(in: parent)

        var status = stat()
        func exists(_ name: String) -> Bool { lstat("\(parent)/\(name)", &status) == 0 }
        #expect(!exists("lockstep-left00"))
        for kept in ["live00", "new000", "open00", "mixed0", "of-me0"] {
            #expect(exists("lockstep-\(kept)/socket"), "\(kept)")
        }
        #expect(exists("lockstep-empty0"), "no socket says that it is a process's")
        #expect(exists("lockstep-link00") && exists("other/socket"))

        for descriptor in descriptors { close(descriptor) }
        let names = ["live00", "new000", "open00", "mixed0", "of-me0", "empty0"].map { "lockstep-\($0)" }
        for name in names + ["other"] {
            for file in ["socket", "notes"] { unlink("\(parent)/\(name)/\(file)") }
            rmdir("\(parent)/\(name)")
        }
        unlink("\(parent)/lockstep-link00")
        #expect(rmdir(parent) == 0)
    }
}
