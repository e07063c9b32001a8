internal import LockstepTensor

/// What a worker is told of data that it has no copy of: all that its model and its loss need to know. It travels as JSON.
public struct SampleDescription: Codable, Sendable, Equatable {
    /// The most bytes of a description: it travels in the first frame of a message, whose limit is 1 MiB.
    static let mostBytes = 1 << 19

    /// How many samples there are to train on.
    public var training: Int
    /// How many there are to test on, 0 for none.
    public var test: Int
    /// What identifies the samples to train on, and those to test on.
    var fingerprints: [String]
    /// What a batch holds.
    var tensors: [Part]
    /// What a built-in model needs to know; nil for a job of the user's own, which knows.
    var facts: DataFacts?

    /// One of the tensors of a batch.
    struct Part: Codable, Sendable, Equatable {
        var name: String
        var dtype: String
        /// The shape of one sample.
        var shape: [Int]
    }

    /// The fingerprint of all data, as workers that read them have it.
    public var fingerprint: String { fingerprints.joined(separator: "+") }

    /// The description as JSON text, whose control characters are escaped, as a message has none.
    package var json: String {
        JSONText.encode(self).unicodeScalars.reduce(into: "") { text, character in
            if character.properties.generalCategory == .control {
                let digits = String(character.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                text.unicodeScalars.append(character)
            }
        }
    }

    /// The description in a message. Throws where it is none, or says what cannot be.
    package init(json: String) throws {
        do {
            self = try JSONText.decode(json.utf8, as: SampleDescription.self)
        } catch {
            throw TrainingError(.mismatch, "what the coordinator says of its data cannot be read: \(error)")
        }
        func require(_ holds: Bool, _ what: String) throws {
            if !holds { throw TrainingError(.mismatch, "what the coordinator says of its data cannot be: \(what)") }
        }
        // Each worker draws the order of all.
        let most = MachineMemory.bytes / 32
        try require((0...most).contains(training) && (0...most).contains(test), "\(training) and \(test) samples")
        try require(fingerprints.count == (test > 0 ? 2 : 1) || fingerprints.count == 2, "its fingerprints")
        try require(Set(tensors.map(\.name)).count == tensors.count && !tensors.isEmpty, "its tensors' names")
        for part in tensors {
            try require(part.dtype.isElementType, "elements of type '\(part.dtype)'")
            try require(SampleDescription.holds(part.shape), "samples of shape \(part.shape)")
        }
        if let facts {
            try require(SampleDescription.holds(facts.inputs), "inputs of shape \(facts.inputs)")
            try require(
                (1...most).contains(facts.outputs) && (1...most).contains(facts.bound), "\(facts.outputs) outputs")
        }
    }

    init(training: Int, test: Int, fingerprints: [String], tensors: [Part], facts: DataFacts?) {
        self.training = training
        self.test = test
        self.fingerprints = fingerprints
        self.tensors = tensors
        self.facts = facts
    }

    /// Whether a sample of that shape can be held.
    private static func holds(_ shape: [Int]) -> Bool {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow, product <= MachineMemory.bytes / 16 else { return false }
            count = product
        }
        return shape.count <= 16
    }
}

extension String {
    fileprivate var isElementType: Bool { DType(rawValue: self) != nil }
}

/// What a built-in model needs to know of data to be made and judged.
struct DataFacts: Codable, Sendable, Equatable {
    /// What samples are labelled with.
    enum Kind: String, Codable {
        /// The number of a class.
        case classes
        /// Numbers.
        case numbers
        /// The next characters of a text.
        case text
    }

    var kind: Kind
    /// The shape of a sample's inputs.
    var inputs: [Int]
    /// Classes, numbers a sample, or characters of the vocabulary.
    var outputs: Int
    /// What all whole numbers of a batch are below.
    var bound: Int
    /// What classes or characters are called.
    var names: [String]
    /// The loss's name.
    var loss: String
}
