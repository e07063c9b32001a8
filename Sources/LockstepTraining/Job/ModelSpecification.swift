internal import LockstepNN

/// A model as it is written on a command line and in a run's settings.
public enum ModelSpecification: Sendable, Equatable, CustomStringConvertible {
    /// `mlp:784-512-512-10`: a multi-layer perceptron with these widths, the input's first, and ReLU between the layers.
    case mlp(widths: [Int])

    /// The forms that ``init(parsing:)`` reads, for messages to people.
    public static let forms = "mlp:INPUT-HIDDEN-…-OUTPUT (such as mlp:784-512-512-10)"

    /// Reads what a user has written. Throws a ``TrainingError`` that lists what there is when it is none of that.
    public init(parsing text: String) throws {
        guard text.hasPrefix("mlp:") else {
            throw TrainingError(.invalidSetting, "model '\(text)' is not known; expected \(ModelSpecification.forms)")
        }
        let widths = text.dropFirst("mlp:".count).split(separator: "-", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard widths.count >= 2, widths.allSatisfy({ (1...1_000_000).contains($0 ?? 0) }) else {
            throw TrainingError(
                .invalidSetting,
                "model '\(text)' needs at least two widths of 1 to 1000000 between dashes; expected \(ModelSpecification.forms)"
            )
        }
        self = .mlp(widths: widths.compactMap { $0 })
        guard parameterCount <= ModelSpecification.mostParameters else {
            throw TrainingError(
                .invalidSetting,
                "model '\(text)' has more than \(ModelSpecification.mostParameters) parameters, the most there may be; "
                    + "expected smaller widths, or fewer")
        }
    }

    /// 2⁴⁰: more than any machine holds, and few enough that no size of anything made of them overflows.
    static let mostParameters = 1 << 40

    /// Elements in all parameters together; where it is above ``mostParameters``, only that is sure.
    var parameterCount: Int {
        switch self {
        case .mlp(let widths):
            var count = 0
            for (inputs, outputs) in zip(widths, widths.dropFirst()) where count <= ModelSpecification.mostParameters {
                count += (inputs + 1) * outputs
            }
            return count
        }
    }

    /// Throws where a machine with so much memory cannot train the model: parameters and gradients, 4 bytes each, are the
    /// least that takes.
    package func checkRoom(bytes memory: Int) throws {
        let needed = 8 * parameterCount
        guard needed <= memory else {
            throw TrainingError(
                .invalidSetting,
                """
                model \(self) has \(parameterCount) parameters, which take \(needed >> 20) MiB with their gradients, but this \
                machine has \(memory >> 20) MiB of memory; expected a smaller model
                """)
        }
    }

    /// What ``init(parsing:)`` reads back.
    public var description: String {
        switch self {
        case .mlp(let widths): "mlp:" + widths.map(String.init).joined(separator: "-")
        }
    }

    /// Inputs a sample.
    var inputs: Int {
        switch self {
        case .mlp(let widths): widths[0]
        }
    }

    /// Scores a sample.
    var outputs: Int {
        switch self {
        case .mlp(let widths): widths[widths.count - 1]
        }
    }

    /// The model: as PyTorch's `Sequential(Flatten(), Linear(…), ReLU(), Linear(…))`, with the same names of parameters.
    func makeModel() -> Sequential {
        switch self {
        case .mlp(let widths):
            let pairs = zip(widths, widths.dropFirst())
            let layers = pairs.flatMap { inputs, outputs -> [any Layer] in [ReLU(), Linear(inputs, outputs)] }
            return Sequential([Flatten()] + layers.dropFirst())
        }
    }
}
