/// Why coordinator and workers cannot begin or go on together.
public struct ClusterError: Error, CustomStringConvertible, Sendable, Equatable {
    /// What kind of thing went wrong.
    public enum Code: Sendable {
        /// A worker was refused: its version, model, data or weights differ.
        case refused
        /// Somebody who was waited for did not come or did not answer in time.
        case timeout
        /// A worker's process ended.
        case workerEnded
        /// A worker reported that it cannot go on.
        case workerFailed
        /// Workers that must hold the same numbers do not.
        case diverged
        /// The connection to somebody was lost.
        case disconnected
        /// The coordinator ended the run.
        case stopped
        /// A well-formed message that nobody asked for, or with content that does not fit.
        case unexpectedMessage
        /// A process could not be started.
        case launch
    }

    /// What kind of thing went wrong.
    public let code: Code
    /// Who, where, what was expected and found, and what to do: a sentence for the user.
    public let description: String

    /// An error whose `description` is a sentence for the user.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
