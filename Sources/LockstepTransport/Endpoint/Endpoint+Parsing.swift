extension Endpoint {
    /// The longest path of a local socket that the system takes, in bytes.
    public static let maximumPathBytes = 107

    /// The endpoint that `text` names: `tcp://host:port`, `tcp://[IPv6 address]:port`, `ipc://path` or `in-process://name`.
    ///
    /// Throws `TransportError.Code.invalidEndpoint` with what was expected and what was found.
    public init(_ text: String) throws(TransportError) {
        func invalid(_ expected: String) -> TransportError {
            TransportError(.invalidEndpoint, "\"\(text)\" is not an endpoint: \(expected)")
        }
        // A NUL would end the text early for the system, and a control character hides in a message.
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw invalid("it holds a control character")
        }
        guard let (scheme, rest) = text.split(scheme: "://") else {
            throw invalid("expected tcp://host:port, such as tcp://127.0.0.1:5555, or ipc://path")
        }
        switch scheme {
        case "tcp":
            let (host, port) = try Self.hostAndPort(rest, invalid)
            self = .tcp(host: host, port: port)
        case "ipc":
            guard !rest.isEmpty else { throw invalid("expected the path of a socket after ipc://") }
            guard rest.utf8.count <= Self.maximumPathBytes else {
                throw invalid(
                    "the path has \(rest.utf8.count) bytes, the system takes at most \(Self.maximumPathBytes);"
                        + " choose a shorter folder")
            }
            // libzmq gives both a meaning of its own: a wildcard, and a name outside of the file system.
            guard rest != "*", !rest.hasPrefix("@") else { throw invalid("expected the path of a socket after ipc://") }
            self = .ipc(path: rest)
        case "in-process":
            guard !rest.isEmpty else { throw invalid("expected a name after in-process://") }
            self = .inProcess(name: rest)
        default:
            throw invalid("the scheme is \"\(scheme)\", expected tcp, ipc or in-process")
        }
    }

    /// Splits `host:port` or `[address]:port`.
    private static func hostAndPort(
        _ text: String, _ invalid: (String) -> TransportError
    ) throws(TransportError) -> (host: String, port: UInt16) {
        guard let colon = text.lastIndex(of: ":") else {
            throw invalid("the port is missing; expected tcp://host:port, port 0 for any that is free")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard Address(host: String(host))?.isIPv6 == true else {
                throw invalid("\"\(host)\" in brackets is not an IPv6 address")
            }
        } else if host.contains(":") {
            throw invalid("an IPv6 address is written in brackets: tcp://[::1]:5555")
        }
        guard !host.isEmpty else {
            throw invalid("the host is missing; expected tcp://host:port, host * for every address of this host")
        }
        guard host == "*" || Address(host: String(host)) != nil || host.utf8.allSatisfy(\.isHostNameByte) else {
            throw invalid("\"\(host)\" is not a host name or address")
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else {
            throw invalid("the port is \"\(digits)\", expected a number from 0 to 65535")
        }
        return (String(host), port)
    }
}

extension String {
    /// The texts before and after the first `separator`.
    fileprivate func split(scheme separator: String) -> (String, String)? {
        guard let range = firstRange(of: separator) else { return nil }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}

extension UInt8 {
    /// Whether it may be in a host name: letters, digits, and ". - _".
    fileprivate var isHostNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
