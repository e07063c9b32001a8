internal import CCrypto

/// The hash SHA-256, all at once or piece by piece.
///
/// ```swift
/// SHA256.hex(of: Array("abc".utf8))   // "ba7816bf…"
/// ```
/// It is computed by libcrypto, which uses the processor's own SHA instructions where it has them. Source: FIPS 180-4.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// A hash of nothing yet.
    public init() {
        // Fails only without memory or with a libcrypto that is set up to have no SHA-256; neither can be gone on from.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("libcrypto offers no SHA-256: check the OpenSSL installation and its configuration file")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes` to what is hashed.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            fatalError("libcrypto failed to go on with a SHA-256")
        }
    }

    /// Adds `bytes` to what is hashed.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds the UTF-8 bytes of `text` to what is hashed.
    public mutating func update(_ text: String) {
        update(Array(text.utf8))
    }

    /// The 32 bytes of the hash; ends the value.
    public consuming func digest() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            guard EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1 else {
                fatalError("libcrypto failed to finish a SHA-256")
            }
            count = 32
        }
    }

    /// The hash as 64 lowercase hexadecimal digits; ends the value.
    public consuming func hexDigest() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = digest()
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The hash of `bytes` as 64 lowercase hexadecimal digits.
    public static func hex(of bytes: UnsafeRawBufferPointer) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest()
    }

    /// The hash of `bytes` as 64 lowercase hexadecimal digits.
    public static func hex(of bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { hex(of: $0) }
    }
}
