internal import CZeroMQ

/// The public half of a CURVE key pair: what others know its holder by. It is no secret.
public struct PublicKey: Sendable, Hashable, CustomStringConvertible {
    /// How many bytes a key has, secret or public.
    static let byteCount = 32
    /// How many characters its text has.
    static let textCount = 40

    /// The key's 32 bytes.
    let bytes: [UInt8]

    /// The key with these bytes; nil unless there are 32.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// The key that `text` writes in Z85; nil unless it is 40 characters of it.
    public init?(_ text: String) {
        guard text.utf8.count == Self.textCount, let bytes = Z85.decode(text.utf8) else { return nil }
        self.init(bytes: bytes)
    }

    /// The key in Z85: 40 characters.
    public var description: String { Z85.encode(bytes) }

    /// Whether it is one of the test keys that ZeroMQ's manual (`man zmq_curve`) prints with their secret halves: whoever
    /// reads the page could use it, so nobody is let in with it.
    public var isPublished: Bool { Self.published.contains(description) }

    private static let published = [
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    ]
}

/// A CURVE key pair. Its text is the public half, so that no log shows the other.
public struct KeyPair: Sendable, CustomStringConvertible {
    /// What others know the holder by.
    public let publicKey: PublicKey
    /// What only the holder knows: 32 bytes.
    let secret: [UInt8]

    /// A new pair from the system's random numbers.
    ///
    /// Throws `TransportError.Code.system` if this system's ZeroMQ was built without CURVE.
    public init() throws(TransportError) {
        try KeyPair.checkCurve()
        var texts = (public: [CChar](repeating: 0, count: 41), secret: [CChar](repeating: 0, count: 41))
        guard zmq_curve_keypair(&texts.public, &texts.secret) == 0,
            let secret = Z85.decode(texts.secret.dropLast().map { UInt8(bitPattern: $0) })
        else { throw TransportError(.system, "a key cannot be made: \(ZeroMQ.reason())") }
        try self.init(secret: secret)
    }

    /// The pair with this secret half, 32 bytes.
    init(secret: [UInt8]) throws(TransportError) {
        try KeyPair.checkCurve()
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&text, Z85.encode(secret)) == 0,
            let publicKey = PublicKey(String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        else { throw TransportError(.system, "a secret key cannot be used: \(ZeroMQ.reason())") }
        self.publicKey = publicKey
        self.secret = secret
    }

    public var description: String { "the key pair of \(publicKey)" }

    private static func checkCurve() throws(TransportError) {
        guard zmq_has("curve") == 1 else {
            throw TransportError(
                .system,
                "this system's ZeroMQ was built without CURVE, so keys cannot be used; install a libzmq built with libsodium"
            )
        }
    }
}
