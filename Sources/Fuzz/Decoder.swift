internal import LockstepFormats
internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

/// Something that reads bytes from outside.
struct Decoder {
    /// What the command line calls it.
    let name: String
    /// Inputs that it takes, and words of its format.
    let mutator: Mutator
    /// Reads an input, or throws. What it must not do is to end the process, to take long, or to take what it cannot write again.
    let decode: ([UInt8]) throws -> Void

    init(_ name: String, _ corpus: [[UInt8]], words: [String] = [], _ decode: @escaping ([UInt8]) throws -> Void) {
        self.name = name
        mutator = Mutator(corpus: corpus, words: words.map { Array($0.utf8) })
        self.decode = decode
    }

    /// All of them, by name; each is made when its turn comes.
    static var all: [(name: String, make: () throws -> Decoder)] {
        [
            ("envelope", envelope), ("safetensors", safetensors), ("npy", npy), ("npz", npz), ("csv", csv),
            ("idx", { try idx(gzipped: false) }), ("idx-gzip", { try idx(gzipped: true) }), ("key-file", keyFile),
            ("settings", settings), ("endpoint", endpoint), ("samples", samples),
            ("sample-description", sampleDescription), ("ledger", ledger), ("metrics", metrics),
            ("run-records", runRecords),
        ]
    }

    /// One that does crash, to see that it is told: on an input with an odd first byte.
    static var crashing: Decoder {
        Decoder("crashing", [[2, 4, 6]]) { bytes in
            if let first = bytes.first, !first.isMultiple(of: 2) { fatalError("an odd first byte") }
        }
    }

    private static func envelope() throws -> Decoder {
        let offer = MemoryOffer(descriptor: 9, byteCount: 1 << 30, token: 77)
        let corpus = try Corpus.envelopes().enumerated().flatMap { index, envelope in
            // Every third has a payload, which is put elsewhere; others come with an offer.
            let isElsewhere = index.isMultiple(of: 3)
            return [
                try envelope.encoded().header,
                try envelope.encoded(
                    offering: isElsewhere ? nil : offer, payloadAt: isElsewhere ? 4160..<4160 + index : nil
                ).header,
            ]
        }
        return Decoder("envelope", corpus) { bytes in
            // Where the frame ends as one does that announces a payload, there is one.
            let announced = bytes.suffix(3).starts(with: [0xA2, 0x06]) ? bytes.last.map { Int($0 & 0x7F) } : nil
            let payload = announced.map { Payload([UInt8](repeating: 7, count: $0)) }
            let received = try bytes.withUnsafeBytes { frame throws(WireError) in
                try ReceivedEnvelope(decoding: frame, payload: payload)
            }
            // What has been taken can be sent on, and comes out the same. Texts are compared, as a number that is none is not
            // equal to itself; and protobuf-c takes -0 for the 0 that need not be sent.
            let again = try received.envelope.encoded(offering: received.offer, payloadAt: received.payloadRange)
            let decoded = try again.header.withUnsafeBytes { frame throws(WireError) in
                try ReceivedEnvelope(decoding: frame, payload: payload)
            }
            let texts = [received, decoded].map { "\($0)".replacing("-0.0", with: "0.0") }
            guard texts[0] == texts[1] else { fatalError("\(texts[0]) became \(texts[1])") }
        }
    }

    private static func safetensors() throws -> Decoder {
        let words = [
            "\"dtype\":", "\"F32\"", "\"shape\":", "\"data_offsets\":", "\"__metadata__\":", "[0,4]", "{", "}",
            "\\u0000", "\\ud800", "1e9",
        ]
        return Decoder("safetensors", try Corpus.safetensors(), words: words) { bytes in
            var bytes = bytes
            // Half of the inputs keep a true length of the header, or hardly one would get to it.
            if bytes.count >= 8, bytes.count.isMultiple(of: 2) {
                var header = bytes.dropFirst(8).lastIndex(of: UInt8(ascii: "}")).map { $0 - 7 } ?? 0
                while 8 + header < bytes.count, bytes[8 + header] == UInt8(ascii: " ") { header += 1 }
                for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: header >> (8 * index)) }
            }
            let file = try Safetensors(parsing: bytes)
            let again = try Safetensors(parsing: file.encoded())
            guard again.tensors.map(\.name).sorted() == file.tensors.map(\.name).sorted() else {
                fatalError("other tensors came out")
            }
            // Few are a checkpoint, too; most lack something.
            _ = try? Checkpoint(file, from: "an input").settings()
            _ = try? Checkpoint.settings(in: file, from: "an input")
        }
    }

    private static func npy() -> Decoder {
        let words = ["'descr': ", "'<f4'", "'|b1'", "'fortran_order': ", "True", "'shape': (", "(1,)", "()", "\\x00"]
        return Decoder("npy", Corpus.tensors.map { NPY($0.tensor).encoded() }, words: words) { bytes in
            let tensor = try NPY(parsing: bytes).tensor
            guard try NPY(parsing: NPY(tensor).encoded()).tensor.shape == tensor.shape else {
                fatalError("another shape")
            }
        }
    }

    private static func npz() -> Decoder {
        Decoder("npz", Corpus.npz(), words: ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", ".npy"]) { bytes in
            _ = try NPZ(parsing: bytes)
        }
    }

    private static func csv() -> Decoder {
        let texts = [
            "x,y\n1,2\n3,4\n", "a;b\r\n\"x \"\"y\"\"\";-1e300\r\n", "\"a\nb\",c\n,\n", "n\n0x1p3\nnan\ninf\n",
            "\u{FEFF}q,w\n1,2",
        ]
        return Decoder("csv", texts.map { Array($0.utf8) }, words: ["\"", "\"\"", ",", "\r\n", "1e999", "\u{0}"]) {
            bytes in
            let table = try CSV(parsing: bytes, hasHeader: bytes.count.isMultiple(of: 2))
            _ = try table.tensor(table.columns.prefix(8).map(\.name))
        }
    }

    private static func keyFile() -> Decoder {
        let key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hIE"
        let texts = ["# A key.\npublic \(key)\n", "public \(key)\nsecret \(key)\n"]
        return Decoder("key-file", texts.map { Array($0.utf8) }, words: ["public ", "secret ", "#", key, "%nSc0"]) {
            bytes in
            let content = try KeyFile.parse(bytes, from: "an input")
            guard PublicKey(content.publicKey.description) == content.publicKey else { fatalError("another key") }
        }
    }

    private static func settings() throws -> Decoder {
        let corpus = try Corpus.settings().map { Array($0.utf8) }
        let words = ["\"seed\":", "null", "true", "1e400", "-1", "[", "{", "\\u0000", "18446744073709551616"]
        return Decoder("settings", corpus, words: words) { bytes in
            let settings = try RunSettings(json: String(decoding: bytes, as: UTF8.self), from: "an input")
            guard try RunSettings(json: settings.json(), from: "itself") == settings else {
                fatalError("other settings")
            }
            _ = try ModelSpecification(parsing: settings.model)
        }
    }

    private static func endpoint() -> Decoder {
        let texts = [
            "tcp://127.0.0.1:5700", "tcp://[::1%eth0]:0", "ipc:///tmp/socket", "in-process://name", "tcp://*:65535",
        ]
        return Decoder("endpoint", texts.map { Array($0.utf8) }, words: ["://", "[", "]:", "tcp", "*", "%"]) { bytes in
            let endpoint = try Endpoint(String(decoding: bytes, as: UTF8.self))
            guard try Endpoint(endpoint.description) == endpoint else { fatalError("another endpoint") }
        }
    }
}
