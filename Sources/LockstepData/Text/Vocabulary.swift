/// The characters that a text model knows, each with a number: Unicode code points in their order.
public struct Vocabulary: Sendable, Hashable {
    /// The characters by their numbers.
    public let characters: [Unicode.Scalar]

    /// The vocabulary of these characters, each of which counts once.
    public init(_ characters: some Sequence<Unicode.Scalar>) { self.characters = Set(characters).sorted() }

    /// How many characters there are.
    public var count: Int { characters.count }

    /// The numbers of the characters of `text`. Throws where one is not in the vocabulary.
    public func encode(_ text: String) throws -> [Int64] {
        try text.unicodeScalars.map { character in
            var (low, high) = (0, characters.count)
            while low < high {
                let middle = (low + high) / 2
                if characters[middle] < character { low = middle + 1 } else { high = middle }
            }
            guard low < characters.count, characters[low] == character else {
                throw DataError(
                    source: "the text to encode",
                    problem:
                        "the character '\(character)' (U+\(String(character.value, radix: 16, uppercase: true))) does not "
                        + "occur in the text that the model was trained on",
                    remedy: "Leave it out")
            }
            return Int64(low)
        }
    }

    /// The text of these numbers. Stops where one is not in the vocabulary.
    public func decode(_ numbers: some Sequence<Int64>) -> String {
        var text = String.UnicodeScalarView()
        for number in numbers { text.append(characters[Int(number)]) }
        return String(text)
    }
}
