/// A file with options behind it, as in `csv:houses.csv?label=price&split=0.1`.
///
/// A value may hold any character as `%` and its hexadecimal number, which `&`, `,` and `%` need (`%26`, `%2C`, `%25`).
struct SourceQuery: Sendable, Hashable {
    /// The file.
    let path: String
    /// The options in the order in which they were given, each once.
    let options: [Option]

    /// One option.
    struct Option: Sendable, Hashable {
        let name: String
        let value: String
    }

    /// Reads what stands behind the colon of `text`. Throws where an option is none of `valid`.
    init(parsing text: String, of kind: String, valid: [String]) throws {
        func fail(_ problem: String) -> DataError {
            DataError(
                source: "data set '\(text)'", problem: problem,
                remedy: "Write \(kind):FILE"
                    + (valid.isEmpty
                        ? "" : ", or \(kind):FILE?NAME=VALUE&NAME=VALUE with \(valid.joined(separator: ", "))"))
        }
        let rest = text.dropFirst(kind.utf8.count + 1)
        let parts = valid.isEmpty ? [rest] : rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        if path.isEmpty { throw fail("names no file") }
        var options: [Option] = []
        for text in parts.count > 1 ? parts[1].split(separator: "&", omittingEmptySubsequences: false) : [] {
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard pair.count == 2, !pair[1].isEmpty else { throw fail("has the option '\(text)' without a value") }
            guard valid.contains(name) else { throw fail("has the option '\(name)', which there is not") }
            if options.contains(where: { $0.name == name }) { throw fail("has the option '\(name)' twice") }
            options.append(Option(name: name, value: String(pair[1])))
        }
        self.options = options
    }

    /// The value of an option; nil where it was not given.
    subscript(name: String) -> String? { options.first { $0.name == name }.map { SourceQuery.decoded($0.value) } }

    /// The values between commas of an option; nil where it was not given.
    func list(_ name: String) -> [String]? {
        options.first { $0.name == name }?.value.split(separator: ",", omittingEmptySubsequences: false).map {
            SourceQuery.decoded($0)
        }
    }

    /// The share of the samples that `split` keeps to test with. Throws where it is no number between 0 and 1.
    func share() throws -> Double? {
        guard let text = self["split"] else { return nil }
        guard let share = Double(text), share > 0, share < 1 else {
            throw DataError(
                source: path, problem: "split is '\(text)', expected a number between 0 and 1",
                remedy: "Give the share of the samples to test with, such as split=0.1")
        }
        return share
    }

    /// What ``init(parsing:of:valid:)`` reads back, without the kind.
    var description: String {
        path + (options.isEmpty ? "" : "?" + options.map { "\($0.name)=\($0.value)" }.joined(separator: "&"))
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let first = rest.popFirst() {
            let digits = rest.prefix(2)
            if first == UInt8(ascii: "%"), digits.count == 2,
                let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(first)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
