/// Which data set to train on, as it is written on a command line and in a run's settings.
public enum DataSpecification: Sendable, Hashable, CustomStringConvertible {
    /// `fashion-mnist`: the Debian package's.
    case fashionMNIST
    /// `idx:DIR`: a folder with files in MNIST's format.
    case idx(folder: String)
    /// `synthetic`: drawn digits, which need no file.
    case synthetic
    /// `random`: numbers that fit the model, always the same: there is nothing to learn in them, but how long it takes.
    case random
    /// `csv:FILE?label=COLUMN`: a table.
    case csv(CSVSource)
    /// `npz:FILE`: NumPy arrays.
    case npz(NPZSource)
    /// `text:FILE`: a text, of which the next character is to be predicted.
    case text(path: String)

    /// The forms that ``init(parsing:)`` reads, for messages to people.
    public static let forms = [
        "fashion-mnist", "synthetic", "random", "idx:FOLDER", "csv:FILE?label=COLUMN", "npz:FILE", "text:FILE",
    ]

    /// How the data of a kind are written, for messages: `idx:FOLDER` of `idx:`. The kind itself where it is none of these.
    public static func form(of kind: String) -> String { forms.first { $0.hasPrefix(kind) } ?? kind }

    /// Reads what a user has written.
    ///
    /// Throws a ``DataError`` that lists what there is when it is none of that.
    public init(parsing text: String) throws {
        switch text {
        case "fashion-mnist": self = .fashionMNIST
        case "synthetic": self = .synthetic
        case "random": self = .random
        case _ where text.hasPrefix("idx:") && text.count > 4: self = .idx(folder: String(text.dropFirst(4)))
        case _ where text.hasPrefix("csv:"): self = .csv(try CSVSource(parsing: text))
        case _ where text.hasPrefix("npz:"): self = .npz(try NPZSource(parsing: text))
        case _ where text.hasPrefix("text:"):
            self = .text(path: try SourceQuery(parsing: text, of: "text", valid: []).path)
        default:
            throw DataError(
                source: "data set '\(text)'",
                problem: "is not known, expected \(DataSpecification.forms.joined(separator: ", "))",
                remedy: "Choose one of these; FOLDER has files named like train-images-idx3-ubyte.gz")
        }
    }

    /// What ``init(parsing:)`` reads back.
    public var description: String {
        switch self {
        case .fashionMNIST: "fashion-mnist"
        case .idx(let folder): "idx:\(folder)"
        case .synthetic: "synthetic"
        case .random: "random"
        case .csv(let source): "csv:\(source.description)"
        case .npz(let source): "npz:\(source.description)"
        case .text(let path): "text:\(path)"
        }
    }

    /// Fashion-MNIST where it is installed, and otherwise the drawn digits.
    public static var automatic: DataSpecification { FashionMNIST.isInstalled ? .fashionMNIST : .synthetic }

    /// Opens one split of a data set of images. Throws a ``DataError`` where it cannot be read, or holds something else.
    ///
    /// `classes` is how many a folder's labels may have, by default one more than the largest of its training split; the other
    /// data sets know theirs.
    public func load(_ split: DataSplit, classes: Int? = nil) throws -> ImageDataset {
        switch self {
        case .fashionMNIST: return try FashionMNIST.load(split)
        case .idx(let folder): return try ImageDataset(idxFolder: folder, split: split, classes: classes)
        case .synthetic: return try SyntheticDigits.dataset(split)
        case .random, .csv, .npz, .text:
            throw DataError(
                source: "data set '\(self)'", problem: "is no folder of images",
                remedy: "Choose fashion-mnist, synthetic or idx:FOLDER")
        }
    }
}
