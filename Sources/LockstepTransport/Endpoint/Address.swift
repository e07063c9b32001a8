internal import Glibc

/// A numeric IPv4 or IPv6 address.
package struct Address: Sendable, Hashable, CustomStringConvertible {
    /// The address in network byte order: 4 or 16 bytes.
    private let bytes: [UInt8]
    /// The interface of a link-local IPv6 address, "%eth0"; otherwise empty.
    private let zone: String

    /// The address that `host` writes; nil if it is a name.
    package init?(host: String) {
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { [UInt8]($0) }
            zone = ""
            return
        }
        let percent = host.firstIndex(of: "%") ?? host.endIndex
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, String(host[..<percent]), &v6) == 1 else { return nil }
        bytes = withUnsafeBytes(of: v6) { [UInt8]($0) }
        zone = String(host[percent...])
    }

    /// Whether it is an IPv6 address.
    package var isIPv6: Bool { bytes.count == 16 }

    /// Whether only this host reaches it: 127.0.0.0/8, ::1, or the former mapped into IPv6.
    package var isLoopback: Bool {
        guard isIPv6 else { return bytes[0] == 127 }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes == [UInt8](repeating: 0, count: 15) + [1] || bytes.starts(with: mapped) && bytes[12] == 127
    }

    /// Whether it stands for every address of the host: 0.0.0.0 or ::.
    package var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // Cannot fail: the family is known and the room is that of the longest text.
        _ = inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + zone
    }
}
