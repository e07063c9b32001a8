internal import FoundationEssentials

/// JSON as all of Lockstep writes and reads it: snake_case keys in alphabetical order.
///
/// What JSON has no number for is a text, `"NaN"`, `"Infinity"` or `"-Infinity"`: the file stays JSON for every reader, and
/// Python's `float` and pandas' conversion to numbers take these texts for what they are.
package enum JSONText {
    /// One value as text, on one line or indented.
    package static func encode(_ value: some Encodable, isIndented: Bool = false) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        // Numbers and texts cannot fail to be encoded once infinity has a spelling.
        return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }

    /// The value that `text` is. Throws what is wrong with it.
    package static func decode<Value: Decodable>(_ text: some Sequence<UInt8>, as type: Value.Type) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return try decoder.decode(type, from: Data(text))
    }
}
