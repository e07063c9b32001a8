internal import ArgumentParser
internal import Logging

/// How much of what the parts of the program do is logged, for whoever looks for a fault.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    static let help: ArgumentHelp = "From which level on messages are logged to standard error."

    /// The log of a part of the program.
    func logger(_ part: String) -> Logger {
        var logger = Logger(label: "lockstep.\(part)", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = Logger.Level(rawValue: rawValue) ?? .info
        return logger
    }
}
