/// A file or a block of bytes that could not be read or written, and what to do about it.
public struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's path, or what the bytes are called where there is no file.
    public let file: String
    /// Where in the file: "header, byte 12", "tensor 'linear1.weight'"; nil where the whole file is meant.
    public let place: String?
    /// What was expected and what was found.
    public let problem: String
    /// What to do.
    public let remedy: String

    package init(file: String, place: String? = nil, problem: String, remedy: String) {
        self.file = file
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    /// The whole as sentences for the user: file, place, problem, remedy.
    public var description: String {
        let place = place.map { ", \($0)" } ?? ""
        return "\(file)\(place): \(problem). \(remedy)."
    }
}
