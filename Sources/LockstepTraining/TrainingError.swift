/// Why a training run cannot begin or go on.
public struct TrainingError: Error, CustomStringConvertible, Sendable {
    /// What kind of thing went wrong.
    public enum Code: Sendable {
        /// An option, a specification or a setting that cannot be used.
        case invalidSetting
        /// A run folder or checkpoint that cannot be used.
        case invalidRun
        /// Model and data do not fit together, or differ from what was recorded.
        case mismatch
        /// The loss is no longer a number.
        case notFinite
        /// Numbers in memory have changed by themselves.
        case damaged
        /// The loss function does not give what training needs.
        case invalidLoss
    }

    /// What kind of thing went wrong.
    public let code: Code
    /// What was wrong, where, what was expected and found, and what to do: a sentence for the user.
    public let description: String

    /// An error whose `description` is a sentence for the user.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
