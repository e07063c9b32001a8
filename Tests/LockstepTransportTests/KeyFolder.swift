import Glibc
import LockstepTransport
import Testing

/// A cluster's keys in a new folder, removed at the end.
final class KeyFolder {
    let path: String
    let cluster: ClusterKeys

    init(_ workers: String...) throws {
        var template = Array("/tmp/lockstep-keys-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unexpected(description: "no folder could be made") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        cluster = try ClusterKeys.make(in: path, workers: workers)
    }

    /// What the coordinator is started with.
    func coordinator() throws -> Protection { .keys(try Keyring.coordinator(path)) }

    /// What a worker is started with.
    func worker(_ name: String) throws -> Protection { .keys(try Keyring.worker("\(path)/workers/\(name)")) }

    /// The public key of a worker.
    func key(_ name: String) throws -> PublicKey {
        try #require(cluster.allowed().first { $0.name == name }?.key)
    }

    func remove() { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let directory = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        closedir(directory)
        for name in names where name != "." && name != ".." && unlink("\(path)/\(name)") != 0 {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }
}

/// The bytes of a file.
func contents(of path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Unexpected(description: "\(path) cannot be read") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 10_000)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
}

/// Writes a file, with the mode that the name says of a secret.
func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
    guard descriptor >= 0, Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count else {
        throw Unexpected(description: "\(path) cannot be written")
    }
    fchmod(descriptor, mode)
    close(descriptor)
}
