internal import Glibc

extension ImageDataset {
    /// Reads images and labels from a folder with files of the MNIST family, gzipped or plain.
    ///
    /// The names are `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, with `t10k-` for the test split; a dot in place of
    /// the last hyphen but one and the ending `.gz` are found too. Where `classes` is not given it is one more than the
    /// largest label of the training split, so that both splits have the same classes.
    ///
    /// Throws a ``DataError`` that names the file, the place, what was expected and what was found.
    public init(
        idxFolder folder: String, split: DataSplit, classes: Int? = nil, classNames: [String] = [], name: String? = nil
    ) throws {
        let imagePath = try Self.find("images", "idx3-ubyte", of: split, in: folder)
        let labelPath = try Self.find("labels", "idx1-ubyte", of: split, in: folder)
        let images = try IDXFile(imagePath, dimensions: 3)
        let labels = try IDXFile(labelPath, dimensions: 1)
        guard images.shape[0] == labels.shape[0] else {
            throw DataError(
                source: labelPath, place: "byte 4",
                problem:
                    "holds \(labels.shape[0]) labels, expected \(images.shape[0]), one for each image of \(imagePath)",
                remedy: "Give labels and images of the same data set and split")
        }
        let known = try classes ?? Self.classes(in: folder, labels: labels, of: split)
        try Self.check(labels.bytes, classes: known, source: labelPath)
        try self.init(
            pixels: images.bytes, labels: labels.bytes, rows: images.shape[1], columns: images.shape[2], classes: known,
            classNames: classNames, name: "\(name ?? "idx:\(folder)") (\(split.rawValue))")
        imageFile = imagePath
    }

    /// One more than the largest label of the training split, or of `labels` where there is none.
    private static func classes(in folder: String, labels: IDXFile, of split: DataSplit) throws -> Int {
        var all = labels.bytes
        if split != .train, let path = try? find("labels", "idx1-ubyte", of: .train, in: folder) {
            all = try IDXFile(path, dimensions: 1).bytes
        }
        return Int(all.max() ?? 0) + 1
    }

    /// The path of the file that holds `kind` ("images", "labels") of `split`.
    private static func find(_ kind: String, _ ending: String, of split: DataSplit, in folder: String) throws -> String
    {
        let prefix = split == .train ? "train-" : "t10k-"
        let name = "\(prefix)\(kind)-\(ending)"
        let dotted = "\(prefix)\(kind).\(ending)"
        let names = [name, name + ".gz", dotted, dotted + ".gz"]
        if let found = names.first(where: { access("\(folder)/\($0)", F_OK) == 0 }) { return "\(folder)/\(found)" }
        let listing: String
        if let entries = list(folder) {
            let shown = entries.prefix(12).joined(separator: ", ") + (entries.count > 12 ? ", …" : "")
            listing = entries.isEmpty ? "an empty folder" : shown
        } else {
            listing = "no folder that can be read"
        }
        throw DataError(
            source: folder, problem: "expected a file \(names.joined(separator: " or ")), found \(listing)",
            remedy: "Give a folder with the four files of a data set in MNIST's format")
    }

    /// The names in `folder`, in order; nil where it cannot be read.
    private static func list(_ folder: String) -> [String]? {
        guard let handle = opendir(folder) else { return nil }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
