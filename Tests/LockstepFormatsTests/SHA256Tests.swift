import LockstepFormats
import Testing

@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func agreesWithTheStandardsExamples(text: String, expected: String) {
        #expect(SHA256.hex(of: Array(text.utf8)) == expected)
    }

    @Test func piecesGiveTheHashOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * $0) }
        for cut in [0, 1, 63, 64, 65, 999, 1000] {
            var hash = SHA256()
            hash.update(Array(bytes[..<cut]))
            hash.update(Array(bytes[cut...]))
            #expect(hash.hexDigest() == SHA256.hex(of: bytes))
        }
    }

    @Test func aMillionLettersAgreeWithTheStandard() {
        var hash = SHA256()
        for _ in 0..<1000 { hash.update(String(repeating: "a", count: 1000)) }
        #expect(hash.hexDigest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}
