/// What is wrong with the settings or the state given to an optimizer.
public enum OptimizerError: Error, CustomStringConvertible, Sendable, Equatable {
    /// No optimizer has this name.
    case unknownName(String)
    /// The optimizer has no such option.
    case unknownOption(optimizer: String, option: String, valid: [String])
    /// A setting has a value that the optimizer cannot work with; the message is PyTorch's.
    case invalidSetting(String)
    /// A state does not fit the optimizer that is to go on from it.
    case invalidState(String)

    public var description: String {
        switch self {
        case .unknownName(let name):
            "unknown optimizer '\(name)'; valid are \(OptimizerSettings.names.joined(separator: ", "))"
        case .unknownOption(let optimizer, let option, let valid):
            "the optimizer '\(optimizer)' has no option '\(option)'; it has \(valid.joined(separator: ", "))"
        case .invalidSetting(let message), .invalidState(let message): message
        }
    }
}
