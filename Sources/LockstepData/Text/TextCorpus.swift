internal import LockstepFormats

/// A text as a character model reads it: each character as its number in the vocabulary.
///
/// The vocabulary is the sorted set of the characters in the whole file; a character is a Unicode code point, as in Python's
/// `sorted(set(text))`. Nothing is changed in the text: a line that ends in CR LF has both characters.
public struct TextCorpus: Sendable {
    /// The file's path, for messages.
    public let name: String
    /// The characters that occur, in the order of their code points.
    public let vocabulary: [Unicode.Scalar]
    /// The number of each character of the text.
    let tokens: [UInt32]

    /// Reads the UTF-8 text in the file at `path`.
    ///
    /// Throws where it cannot be read, is no UTF-8, or is empty.
    public init(contentsOf path: String) throws { try self.init(parsing: File.read(path, limit: .max), name: path) }

    /// Takes UTF-8 text from memory; `name` is what errors call it.
    public init(parsing bytes: [UInt8], name: String) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DataError(
                source: name, place: TextCorpus.firstInvalid(bytes).map { "byte \($0)" },
                problem: "is no UTF-8 text", remedy: "Convert the file to UTF-8, with iconv for example")
        }
        guard !text.isEmpty else {
            throw DataError(source: name, problem: "is empty, expected a text", remedy: "Give a file with a text in it")
        }
        let vocabulary = Set(text.unicodeScalars).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, UInt32($0)) })
        self.name = name
        self.vocabulary = vocabulary
        // Each was put into the vocabulary above.
        tokens = text.unicodeScalars.map { numbers[$0] ?? 0 }
    }

    /// How many characters the text has.
    public var count: Int { tokens.count }

    /// The numbers of the characters of `text`. Throws where one does not occur in the corpus.
    public func encode(_ text: String) throws -> [Int64] {
        try text.unicodeScalars.map { character in
            // The vocabulary is sorted.
            var (low, high) = (0, vocabulary.count)
            while low < high {
                let middle = (low + high) / 2
                if vocabulary[middle] < character { low = middle + 1 } else { high = middle }
            }
            guard low < vocabulary.count, vocabulary[low] == character else {
                throw DataError(
                    source: name,
                    problem: "the character '\(character)' (U+\(String(character.value, radix: 16, uppercase: true))) "
                        + "does not occur in the text, so the model does not know it",
                    remedy: "Leave it out")
            }
            return Int64(low)
        }
    }

    /// The text of these numbers. Stops where one is not in the vocabulary.
    public func decode(_ numbers: some Sequence<Int64>) -> String {
        var text = String.UnicodeScalarView()
        for number in numbers { text.append(vocabulary[Int(number)]) }
        return String(text)
    }

    private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        // The replacement character stands where decoding failed; what is before it decodes to the same bytes.
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        return zip(repaired, bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    }
}
