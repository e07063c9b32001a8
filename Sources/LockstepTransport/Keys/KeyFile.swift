internal import Glibc

/// The files that keys are kept in: text, with comments after `#` and a line for each half of the key.
///
///     # The public key of …
///     public 5[%C…40 characters of Z85…
///
/// A file with a `secret` line is readable by its owner alone, or it is refused.
package enum KeyFile {
    /// The largest file that is read. Default 4 KiB: a key file has some 300 bytes, so a larger one is something else.
    package static let maximumBytes = 4096

    /// What a key file holds.
    package struct Content: Equatable, Sendable {
        package var publicKey: PublicKey
        /// The secret half, 32 bytes; nil in a public file.
        package var secret: [UInt8]?
    }

    /// What the bytes of a key file say; `path` names them in errors.
    ///
    /// Throws `TransportError.Code.invalidKeys` with the line, what was expected and what to do. Never puts what it found into
    /// the message: it may be a secret with a slip in it.
    package static func parse(_ bytes: some Collection<UInt8>, from path: String) throws(TransportError) -> Content {
        func invalid(_ problem: String) -> TransportError {
            TransportError(
                .invalidKeys, "\(path) is not a key file: \(problem); copy it anew, or make new keys (keys new)")
        }
        var halves: [String: [UInt8]] = [:]
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            // A file that went by way of Windows or an editor may have spaces and carriage returns at the ends.
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            let name = String(decoding: first, as: UTF8.self)
            guard name == "public" || name == "secret", words.count == 2 else {
                throw invalid("line \(index + 1) is not 'public KEY' or 'secret KEY'")
            }
            guard words[1].count == PublicKey.textCount, let key = Z85.decode(words[1]) else {
                throw invalid("the \(name) key in line \(index + 1) is not 40 characters of Z85")
            }
            guard halves.updateValue(key, forKey: name) == nil else {
                throw invalid("line \(index + 1) is a second \(name) key")
            }
        }
        guard let publicKey = halves["public"].flatMap({ PublicKey(bytes: $0) }) else {
            throw invalid("it has no line 'public KEY'")
        }
        guard !publicKey.isPublished else {
            throw TransportError(
                .invalidKeys,
                "\(path) holds a test key whose secret half is printed in ZeroMQ's manual; make keys of your own (keys new)"
            )
        }
        return Content(publicKey: publicKey, secret: halves["secret"])
    }

    /// The public key in the file at `path`.
    static func readPublic(_ path: String) throws(TransportError) -> PublicKey {
        let content = try parse(read(path, isSecret: false), from: path)
        guard content.secret == nil else {
            throw TransportError(
                .invalidKeys,
                "\(path) holds a secret key where a public one is expected; take the secret line out and make new keys "
                    + "if anybody else may have read it")
        }
        return content.publicKey
    }

    /// The key pair in the file at `path`, which nobody but its owner may be able to read.
    static func readSecret(_ path: String) throws(TransportError) -> KeyPair {
        let content = try parse(read(path, isSecret: true), from: path)
        guard let secret = content.secret else {
            throw TransportError(
                .invalidKeys, "\(path) has no line 'secret KEY'; copy it anew, or make new keys (keys new)")
        }
        let pair = try KeyPair(secret: secret)
        guard pair.publicKey == content.publicKey else {
            throw TransportError(
                .invalidKeys,
                "the two keys in \(path) are not of one pair; copy it anew, or make new keys (keys new)")
        }
        return pair
    }

    /// The bytes of a key file, after a look at what kind of file it is and who may read it.
    private static func read(_ path: String, isSecret: Bool) throws(TransportError) -> [UInt8] {
        // No links, as where they lead is somebody else's choice; not blocking, as a pipe would be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            let number = errno
            if number == ELOOP {
                throw TransportError(
                    .invalidKeys, "\(path) is a symbolic link, expected a file; copy the file itself there")
            }
            throw TransportError(.invalidKeys, "the key file \(path) cannot be read: \(Errno.text(number))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw TransportError(.invalidKeys, "the key file \(path) cannot be read: \(Errno.text(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket"
            throw TransportError(.invalidKeys, "\(path) is \(kind), expected a key file")
        }
        guard status.st_size <= maximumBytes else {
            throw TransportError(
                .invalidKeys,
                "\(path) has \(status.st_size) bytes, a key file at most \(maximumBytes); it is something else")
        }
        if isSecret { try checkPrivacy(of: path, status) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else {
                throw TransportError(.invalidKeys, "the key file \(path) cannot be read: \(Errno.text(errno))")
            }
            if more == 0 { break }
            count += more
        }
        return Array(bytes.prefix(count))
    }

    /// Throws if anybody but this user can read or change the file.
    private static func checkPrivacy(of path: String, _ status: stat) throws(TransportError) {
        // What systemd hands to a service (LoadCredential=) lies where only the service can look, with a mode of its own.
        if let folder = credentialsFolder, path.hasPrefix(folder + "/") { return }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw TransportError(
                .invalidKeys,
                "\(path) belongs to another user (\(status.st_uid)), who can read it; run: chown \(geteuid()) '\(path)'"
            )
        }
        let mode = status.st_mode & 0o777
        guard mode & 0o077 == 0 else {
            throw TransportError(
                .invalidKeys,
                "\(path) has mode \(String(mode, radix: 8)), so others than its owner may use it; run: chmod 600 '\(path)'"
            )
        }
    }

    /// Where systemd puts what it hands to this service; nil for what is no such service.
    static var credentialsFolder: String? {
        getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// Writes a key file that must not be there yet; one with a secret is its owner's alone from the first moment.
    static func write(_ comment: String, _ publicKey: PublicKey, secret: [UInt8]? = nil, to path: String)
        throws(TransportError)
    {
        var text = comment.split(separator: "\n").map { "# \($0)\n" }.joined() + "public \(publicKey)\n"
        if let secret { text += "secret \(Z85.encode(secret))\n" }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, secret == nil ? 0o644 : 0o600)
        guard descriptor >= 0 else {
            let number = errno
            guard number == EEXIST else {
                throw TransportError(.system, "\(path) cannot be written: \(Errno.text(number))")
            }
            throw TransportError(
                .invalidKeys,
                "\(path) is there already, and keys are never replaced; remove it first, or choose another name or folder"
            )
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let number = errno
            unlink(path)
            throw TransportError(.system, "\(path) cannot be written: \(Errno.text(number))")
        }
    }
}
