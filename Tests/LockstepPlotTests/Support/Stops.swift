import Testing

/// Something that must stop the process, and the message that it must leave.
struct Stop: Sendable, CustomTestStringConvertible {
    let message: String
    let run: @Sendable () -> Void

    init(_ message: String, _ run: @escaping @Sendable () -> Void) {
        self.message = message
        self.run = run
    }

    var testDescription: String { message }
}

/// Whether a process that has ended said `message` on its standard error.
func said(_ message: String, _ result: ExitTest.Result?) -> Bool {
    guard let result else { return false }
    return String(decoding: result.standardErrorContent, as: UTF8.self).contains(message)
}
