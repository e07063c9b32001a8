internal import LockstepFormats
internal import LockstepTensor

/// Grey images of one size, each with the number of its class.
///
/// The images are kept as the bytes that they are in the file, a quarter of what their `Float` values would take, and are made
/// into values of 0 to 1 when a batch is gathered: value = byte / 255.
public struct ImageDataset: Dataset {
    /// What errors and messages call the data set.
    public let name: String
    /// Height and width of every image in pixels.
    public let rows: Int, columns: Int
    /// How many classes there are; every label is below.
    public let classes: Int
    /// What each class is called; empty where nobody has said.
    public let classNames: [String]
    /// A SHA-256 over count, image size, classes, pixels and labels, computed when the data set was made.
    public let fingerprint: String

    /// The file that the images were read from, for messages; nil where there is none.
    package internal(set) var imageFile: String?

    /// All images one after another, each row by row.
    package let pixels: [UInt8]
    /// The class of each image.
    package let labels: [UInt8]

    /// Images from memory: `pixels` holds them one after another, row by row, and `labels` the class of each.
    ///
    /// Throws a ``DataError`` when there is no image, a size is below 1, the numbers of images and labels differ, or a label is
    /// not in `0..<classes`.
    public init(
        pixels: [UInt8], labels: [UInt8], rows: Int, columns: Int, classes: Int, classNames: [String] = [],
        name: String = "images"
    ) throws {
        let (size, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows > 0, columns > 0, !overflow else {
            throw DataError(
                source: name, problem: "an image size of \(rows) x \(columns) is given, expected at least 1 x 1",
                remedy: "Give the height and width in pixels")
        }
        guard !labels.isEmpty, pixels.count.isMultiple(of: size), pixels.count / size == labels.count else {
            throw DataError(
                source: name,
                problem: "\(pixels.count) pixels make \(pixels.count / size) images of \(rows) x \(columns), "
                    + "expected as many as the \(labels.count) labels, at least 1",
                remedy: "Give one label for each image")
        }
        try Self.check(labels, classes: classes, source: name)
        self.name = name
        self.rows = rows
        self.columns = columns
        self.classes = classes
        self.classNames = classNames
        self.pixels = pixels
        self.labels = labels

        var hash = SHA256()
        hash.update("lockstep images \(labels.count) \(rows) \(columns) \(classes)\n")
        hash.update(pixels)
        hash.update(labels)
        fingerprint = hash.hexDigest()
    }

    /// How many images there are.
    public var count: Int { labels.count }

    /// The images at `indices` as values of 0 to 1, of shape `[n, rows, columns]`, with their labels.
    ///
    /// Throws a ``DataError`` when an index is not in `0..<count`.
    public func batch(at indices: some Collection<Int>) throws -> LabeledBatch {
        if let index = indices.first(where: { $0 < 0 || $0 >= count }) {
            throw DataError(
                source: name, place: "index \(index)",
                problem: "there is no such image, expected an index in 0..<\(count)",
                remedy: "Check that every process opened the same data set")
        }
        let size = rows * columns
        let inputs = Tensor<Float>(shape: [indices.count, rows, columns]) { output in
            pixels.withUnsafeBufferPointer { pixels in
                guard var target = output.baseAddress, let first = pixels.baseAddress else { return }
                for index in indices {
                    // Within bounds: the index was checked above, and there are `count` images of `size` pixels.
                    let source = first + index * size
                    for pixel in 0..<size { target[pixel] = Float(source[pixel]) / 255 }
                    target += size
                }
            }
        }
        let targets = Tensor<Int64>(shape: [indices.count]) { output in
            for (place, index) in indices.enumerated() { output[place] = Int64(labels[index]) }
        }
        return LabeledBatch(inputs: inputs, targets: targets)
    }

    /// The first `count` images, or all where there are fewer, as a data set with a fingerprint of its own.
    ///
    /// Throws a ``DataError`` when `count` is below 1.
    public func prefix(_ count: Int) throws -> ImageDataset {
        guard count > 0 else {
            throw DataError(
                source: name, problem: "the first \(count) images are asked for, expected at least 1",
                remedy: "Give a number of images above 0")
        }
        guard count < self.count else { return self }
        return try ImageDataset(
            pixels: Array(pixels.prefix(count * rows * columns)), labels: Array(labels.prefix(count)), rows: rows,
            columns: columns, classes: classes, classNames: classNames, name: name)
    }

    /// Throws unless every label is in `0..<classes`.
    package static func check(_ labels: [UInt8], classes: Int, source: String) throws {
        if let index = labels.firstIndex(where: { Int($0) >= classes }) {
            throw DataError(
                source: source, place: "label \(index)",
                problem: "the class is \(labels[index]), expected one in 0..<\(classes)",
                remedy: "Check that the labels belong to this data set and that it has \(classes) classes")
        }
    }
}
