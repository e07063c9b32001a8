internal import LockstepFormats

/// A text as a character model reads it: each character as its number in the vocabulary.
///
/// The vocabulary is the sorted set of the characters in the whole file; a character is a Unicode code point, as in Python's
/// `sorted(set(text))`. Nothing is changed in the text: a line that ends in CR LF has both characters.
public struct TextCorpus: Sendable {
    /// The file's path, for messages.
    public let name: String
    /// The characters that occur.
    public let vocabulary: Vocabulary
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
        vocabulary = Vocabulary(Set(text.unicodeScalars))
        let numbers = Dictionary(uniqueKeysWithValues: vocabulary.characters.enumerated().map { ($1, UInt32($0)) })
        self.name = name
        // Each was put into the vocabulary above.
        tokens = text.unicodeScalars.map { numbers[$0] ?? 0 }
    }

    /// How many characters the text has.
    public var count: Int { tokens.count }

    private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        // The replacement character stands where decoding failed; what is before it decodes to the same bytes.
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        return zip(repaired, bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    }
}
