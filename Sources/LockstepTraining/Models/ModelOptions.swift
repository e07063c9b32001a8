/// The options of a model, as in `gpt:layers=4,width=128`.
struct ModelOptions {
    private let text: String
    private let form: String
    private var values: [String: String] = [:]
    private var unread: Set<String> = []

    /// Reads the options behind the colon of `text`; one without a name is that of `first`.
    init(parsing text: String, first: String? = nil, form: String) throws {
        self.text = text
        self.form = form
        guard let colon = text.firstIndex(of: ":") else { return }
        for option in text[text.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false) {
            let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let named = pair.count == 2 ? pair : first.map { [$0] + pair } ?? pair
            guard named.count == 2, !named[1].isEmpty else { throw error("has the option '\(option)' without a value") }
            guard values.updateValue(named[1], forKey: named[0]) == nil else {
                throw error("has the option '\(named[0])' twice")
            }
        }
        unread = Set(values.keys)
    }

    /// A whole number in `range`, or `standard`.
    mutating func whole(_ name: String, _ standard: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = take(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw error("has \(name)=\(text); \(name) is \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A probability below 1, or nil.
    mutating func probability(_ name: String) throws -> Double? {
        guard let text = take(name) else { return nil }
        guard let value = Double(text), (0..<1).contains(value) else {
            throw error("has \(name)=\(text); \(name) is from 0 to below 1")
        }
        return value
    }

    /// One of some words, or nil.
    mutating func choice(_ name: String, of words: [String]) throws -> String? {
        guard let text = take(name) else { return nil }
        guard words.contains(text) else {
            throw error("has \(name)=\(text); \(name) is \(words.joined(separator: " or "))")
        }
        return text
    }

    /// Throws where an option was given that there is not.
    func finish() throws {
        if let name = unread.sorted().first { throw error("has no option '\(name)'") }
    }

    func error(_ problem: String) -> TrainingError {
        TrainingError(.invalidSetting, "model '\(text)' \(problem); expected \(form)")
    }

    private mutating func take(_ name: String) -> String? {
        unread.remove(name)
        return values[name]
    }
}
