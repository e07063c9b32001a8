internal import Glibc

/// Zalando's Fashion-MNIST: 60 000 grey images of clothes to learn from and 10 000 to test with, 28×28, in ten classes.
///
/// It comes as the Debian package `dataset-fashion-mnist`. Source: https://github.com/zalandoresearch/fashion-mnist
public enum FashionMNIST {
    /// Where the Debian package puts the files.
    public static let folder = "/usr/share/datasets/fashion-mnist"

    /// What the classes 0 to 9 are.
    public static let classNames = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]

    /// Whether the package's folder is there.
    public static var isInstalled: Bool { access("\(folder)/train-images-idx3-ubyte.gz", R_OK) == 0 }

    /// Reads a split from `folder`, by default the Debian package's.
    ///
    /// Throws a ``DataError`` that names the file, the place, what was expected and what was found; where the package is not
    /// installed, one that says how to install it.
    public static func load(_ split: DataSplit, folder: String = folder) throws -> ImageDataset {
        if folder == Self.folder, !isInstalled {
            throw DataError(
                source: folder, problem: "Fashion-MNIST is not installed here",
                remedy:
                    "Install it with: apt-get install dataset-fashion-mnist; or use --data synthetic, which needs no file"
            )
        }
        return try ImageDataset(
            idxFolder: folder, split: split, classes: classNames.count, classNames: classNames, name: "fashion-mnist")
    }
}
