import Glibc
import Testing

/// Two network namespaces with a cable between them: two hosts, as far as sockets can tell.
enum Namespaces {
    static let ip: String = {
        let places: [String] = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"]
        return places.first { access($0, X_OK) == 0 } ?? places[0]
    }()

    /// The addresses of the two hosts, from a range that is set apart for tests (RFC 2544).
    static let addresses = ["198.18.77.1", "198.18.77.2"]

    /// Where `ip` keeps the names of namespaces.
    private static let folder = "/run/netns"

    /// Whether this user may make network namespaces here.
    static func arePermitted() async -> Bool {
        guard access(ip, X_OK) == 0 else { return false }
        return (try? await with { _ in }) != nil
    }

    /// Makes both hosts, calls `body` with their namespaces, and removes them.
    static func with<Result: Sendable>(_ body: ([String]) async throws -> Result) async throws -> Result {
        let names = ["lockstep-\(getpid())-a", "lockstep-\(getpid())-b"]
        let wires = names.map(wire(of:))
        let hadFolder = access(folder, F_OK) == 0
        let result: Swift.Result<Result, any Error>
        do {
            for name in names { try await run("netns", "add", name) }
            try await run("link", "add", wires[0], "type", "veth", "peer", "name", wires[1])
            for index in 0..<2 {
                try await run("link", "set", wires[index], "netns", names[index])
                try await run("-n", names[index], "address", "add", addresses[index] + "/24", "dev", wires[index])
                try await run("-n", names[index], "link", "set", wires[index], "up")
                try await run("-n", names[index], "link", "set", "lo", "up")
            }
            result = .success(try await body(names))
        } catch {
            result = .failure(error)
        }
        // A namespace takes its end of the cable with it, and that the other.
        for name in names { try? await run("netns", "delete", name) }
        try? await run("link", "delete", wires[0])
        if !hadFolder {
            // The first namespace that is named has this folder made and mounted on itself; nothing is to be left of that.
            umount2(folder, Int32(MNT_DETACH))
            rmdir(folder)
        }
        return try result.get()
    }

    /// The address of the third host of ``withTwoApart(_:)``.
    static let farAddress = "198.18.78.2"

    /// Makes three hosts: the first has a cable to each of the others, which have no way to each other. Each reaches the first one at
    /// its address in ``addresses``. Calls `body` with their namespaces, and removes them.
    static func withTwoApart<Result: Sendable>(_ body: ([String]) async throws -> Result) async throws -> Result {
        try await with { hosts in
            let third = "lockstep-\(getpid())-c"
            let wires = [wire(of: third) + "0", wire(of: third)]
            let result: Swift.Result<Result, any Error>
            do {
                try await run("netns", "add", third)
                try await run("link", "add", wires[0], "type", "veth", "peer", "name", wires[1])
                for (wire, host, address) in [(wires[0], hosts[0], "198.18.78.1"), (wires[1], third, farAddress)] {
                    try await run("link", "set", wire, "netns", host)
                    try await run("-n", host, "address", "add", address + "/24", "dev", wire)
                    try await run("-n", host, "link", "set", wire, "up")
                }
                try await run("-n", third, "link", "set", "lo", "up")
                try await run("-n", third, "route", "add", addresses[0] + "/32", "via", "198.18.78.1")
                result = .success(try await body(hosts + [third]))
            } catch {
                result = .failure(error)
            }
            try? await run("netns", "delete", third)
            try? await run("link", "delete", wires[0])
            return try result.get()
        }
    }

    /// The name of a host's end of the cable.
    static func wire(of host: String) -> String { "ls\(getpid())\(host.last ?? "a")" }

    /// Pulls a host's cable, or plugs it in again: from then on every packet is dropped, and nobody is told.
    static func setLink(of host: String, up: Bool) async throws {
        try await run("-n", host, "link", "set", wire(of: host), up ? "up" : "down")
    }

    /// Has what a host sends go out at so many kilobits a second.
    static func slowLink(of host: String, kilobits: Int) async throws {
        try await run(
            "netns", "exec", host, "tc", "qdisc", "add", "dev", wire(of: host), "root", "tbf", "rate",
            "\(kilobits)kbit", "burst", "32kbit", "latency", "400ms")
    }

    private static func run(_ arguments: String...) async throws {
        let outcome = try await Lockstep.run(program: ip, arguments, in: "/", deadline: .seconds(10))
        guard outcome.code == 0 else { throw Failure("ip \(arguments.joined(separator: " ")): \(outcome.errors)") }
    }
}
