/// Which data set to train on, as it is written on a command line and in a run's settings.
public enum DataSpecification: Sendable, Hashable, CustomStringConvertible {
    /// `fashion-mnist`: the Debian package's.
    case fashionMNIST
    /// `idx:DIR`: a folder with files in MNIST's format.
    case idx(folder: String)
    /// `synthetic`: drawn digits, which need no file.
    case synthetic

    /// Reads what a user has written.
    ///
    /// Throws a ``DataError`` that lists what there is when it is none of that.
    public init(parsing text: String) throws {
        switch text {
        case "fashion-mnist": self = .fashionMNIST
        case "synthetic": self = .synthetic
        case _ where text.hasPrefix("idx:") && text.count > 4: self = .idx(folder: String(text.dropFirst(4)))
        default:
            throw DataError(
                source: "data set '\(text)'", problem: "is not known, expected fashion-mnist, synthetic or idx:DIR",
                remedy: "Choose one of these; DIR is a folder with files named like train-images-idx3-ubyte.gz")
        }
    }

    /// What ``init(parsing:)`` reads back.
    public var description: String {
        switch self {
        case .fashionMNIST: "fashion-mnist"
        case .idx(let folder): "idx:\(folder)"
        case .synthetic: "synthetic"
        }
    }

    /// Fashion-MNIST where it is installed, and otherwise the drawn digits.
    public static var automatic: DataSpecification { FashionMNIST.isInstalled ? .fashionMNIST : .synthetic }

    /// Opens one split of the data set. Throws a ``DataError`` where it cannot be read.
    ///
    /// `classes` is how many a folder's labels may have, by default one more than the largest of its training split; the other
    /// data sets know theirs.
    public func load(_ split: DataSplit, classes: Int? = nil) throws -> ImageDataset {
        switch self {
        case .fashionMNIST: try FashionMNIST.load(split)
        case .idx(let folder): try ImageDataset(idxFolder: folder, split: split, classes: classes)
        case .synthetic: try SyntheticDigits.dataset(split)
        }
    }
}
