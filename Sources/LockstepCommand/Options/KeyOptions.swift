internal import ArgumentParser
internal import LockstepTransport

/// Who may reach this process over the network.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The keys to use, from a folder that 'keys new' made. Needed where other hosts reach the address.",
            valueName: "folder"))
    var keys: String?
    @Flag(
        help: "Do without keys where other hosts reach the address: anybody who does can read, change and join the run."
    )
    var insecure = false

    func validate() throws {
        if insecure, keys != nil { throw ValidationError("--insecure and --keys cannot be given together") }
    }

    /// What these options ask for; `read` reads the keys of the role in a folder.
    func protection(_ read: (String) throws -> Keyring) throws -> Protection {
        if insecure { return .insecure }
        return try keys.map { .keys(try read($0)) } ?? .thisHostOnly
    }

    /// What a worker of a coordinator with these options is started with.
    var workerOptions: String { insecure ? "--insecure" : keys == nil ? "" : "--keys FOLDER" }

    /// What is said at every start that does without keys by request; nil for any other.
    func warning(listeningAt endpoint: Endpoint) -> String? {
        guard insecure else { return nil }
        return "--insecure: what goes over the network is neither encrypted nor authenticated, and anybody who reaches "
            + "\(endpoint) can read, change and join the run; use it only on a network whose every user you trust"
    }
}
