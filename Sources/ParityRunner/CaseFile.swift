internal import Glibc

/// A file with one parity case; see `docs/parity.md`.
package struct CaseFile: Sendable {
    /// The file's name, `max.binary-003.safetensors`.
    package let name: String
    private let folder: String

    /// PyTorch's name of the operator, from the file's name.
    package var op: String { String(name.prefix(upTo: name.lastIndex(of: "-") ?? name.startIndex)) }

    /// The names of the operators that the runner knows, in order.
    package static var operators: [String] { Registry.operators.keys.sorted() }

    /// What came of running a case.
    package enum Outcome: Equatable, Sendable {
        case passed
        /// The text says what differs from PyTorch.
        case failed(String)
        /// The runner has no such operator.
        case skipped
    }

    /// The cases in a folder in the order of their names; nil where the folder cannot be opened.
    package static func all(in folder: String) -> [CaseFile]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var files: [CaseFile] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".safetensors") { files.append(CaseFile(name: name, folder: folder)) }
        }
        return files.sorted { $0.name < $1.name }
    }

    /// Runs the operator forward and backward and compares with PyTorch's results.
    ///
    /// A stop inside an operator ends the program.
    package func run() -> Outcome {
        guard let body = Registry.operators[op] else { return .skipped }
        do {
            let difference = try Case(contentsOf: "\(folder)/\(name)", of: op).run(body)
            return difference.map { .failed($0) } ?? .passed
        } catch {
            return .failed("\(error)")
        }
    }
}
