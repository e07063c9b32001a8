/// Data that could not be used: which, where, why, and what to do about it.
public struct DataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder, or the name of the data set.
    public let source: String
    /// Where in it: "byte 4", "label 17"; nil where the whole is meant.
    public let place: String?
    /// What was expected and what was found.
    public let problem: String
    /// What to do.
    public let remedy: String

    package init(source: String, place: String? = nil, problem: String, remedy: String) {
        self.source = source
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    /// The whole as sentences for the user: source, place, problem, remedy.
    public var description: String {
        let place = place.map { ", \($0)" } ?? ""
        return "\(source)\(place): \(problem). \(remedy)."
    }
}
