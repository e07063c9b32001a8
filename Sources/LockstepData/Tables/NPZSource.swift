internal import LockstepFormats
internal import LockstepTensor

/// NumPy arrays as a data set: `npz:FILE`, an archive as `numpy.savez` writes it.
///
/// It holds `x_train`, `y_train`, `x_test` and `y_test`, as Keras's `mnist.npz` does (those to test with may be missing), or `x` and
/// `y`, of which `npz:FILE?split=0.1` keeps a part to test with. Inputs are [n, …]; bytes are taken as pixels, value = byte / 255,
/// other numbers as they are. Labels are [n] or [n, k]; whole numbers may be classes.
public struct NPZSource: Sendable, Hashable {
    private let query: SourceQuery
    private let share: Double?

    init(parsing text: String) throws {
        query = try SourceQuery(parsing: text, of: "npz", valid: ["split"])
        share = try query.share()
    }

    var description: String { query.description }

    /// Reads the samples. Throws an error that names the file, the array, what was expected and what was found.
    package func load() throws -> SampleSplit {
        let archive = try NPZ(contentsOf: query.path)
        let names = archive.tensors.map(\.name)
        if names.contains("x_train") {
            guard share == nil || !names.contains("x_test") else {
                throw DataError(
                    source: query.path, problem: "has 'x_test' of its own, but split is given",
                    remedy: "Leave split out")
            }
            let training = try samples("x_train", "y_train", archive)
            if let share { return try training.split(share) }
            guard names.contains("x_test") else { return (training, nil) }
            let test = try samples("x_test", "y_test", archive)
            guard test.inputs.shape.dropFirst() == training.inputs.shape.dropFirst(), test.width == training.width
            else {
                throw DataError(
                    source: query.path, place: "array 'x_test'",
                    problem: "has shape \(test.inputs.shape) with \(test.width) labels a sample, "
                        + "but 'x_train' \(training.inputs.shape) with \(training.width)",
                    remedy: "Give samples of one shape")
            }
            return (training, test)
        }
        guard names.contains("x") else {
            throw DataError(
                source: query.path,
                problem:
                    "holds \(names.isEmpty ? "no array" : names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")), "
                    + "expected 'x_train' and 'y_train', or 'x' and 'y'",
                remedy: "Save the arrays under these names with numpy.savez")
        }
        let all = try samples("x", "y", archive)
        guard let share else { return (all, nil) }
        return try all.split(share)
    }

    private func samples(_ x: String, _ y: String, _ archive: NPZ) throws -> SampleTable {
        func fail(_ array: String, _ problem: String, _ remedy: String) -> DataError {
            DataError(source: query.path, place: "array '\(array)'", problem: problem, remedy: remedy)
        }
        guard let inputs = archive.tensor(named: x), let labels = archive.tensor(named: y) else {
            throw fail(archive.tensor(named: x) == nil ? x : y, "is missing", "Save it with numpy.savez")
        }
        guard let count = inputs.shape.first, !inputs.shape.contains(0), labels.shape.first == count,
            labels.shape.count <= 2, !labels.shape.contains(0)
        else {
            throw fail(
                y,
                "has shape \(labels.shape) and '\(x)' \(inputs.shape), expected [n] or [n, k] and [n, …] with no size of 0",
                "Give one label for each sample")
        }
        let values = NPZSource.floats(inputs, scalingBytes: true)
        try NPZSource.checkFinite(values, x, fail)
        let shape = [count, labels.shape.count == 2 ? labels.shape[1] : 1]
        let place: @Sendable (Int) -> String = { "array '\(y)', row \($0)" }
        func table(_ labels: SampleTable.Labels) -> SampleTable {
            SampleTable(
                name: query.path, inputs: count == values.count ? values.reshaped(to: [count, 1]) : values,
                labels: labels,
                place: place)
        }
        if let whole = NPZSource.integers(labels) { return table(.integers(whole.reshaped(to: shape))) }
        let numbers = NPZSource.floats(labels, scalingBytes: false)
        try NPZSource.checkFinite(numbers, y, fail)
        return table(.numbers(numbers.reshaped(to: shape)))
    }

    private static func checkFinite(
        _ values: Tensor<Float>, _ array: String, _ fail: (String, String, String) -> DataError
    ) throws {
        guard let place = values.withUnsafeElements({ $0.firstIndex { !$0.isFinite } }) else { return }
        throw fail(
            array,
            "element \(place), in row \(place / max(1, values.count / values.shape[0])), is \(values.scalars[place]), "
                + "expected a number that Float32 can hold", "Correct it, or leave the sample out")
    }

    private static func floats(_ tensor: AnyTensor, scalingBytes: Bool) -> Tensor<Float> {
        func converted<Scalar>(_ tensor: Tensor<Scalar>, _ convert: (Scalar) -> Float) -> Tensor<Float> {
            Tensor(shape: tensor.shape) { elements in
                tensor.contiguous().withUnsafeElements { source in
                    for place in source.indices { elements[place] = convert(source[place]) }
                }
            }
        }
        return switch tensor {
        case .float32(let tensor): tensor.contiguous()
        case .float64(let tensor): converted(tensor) { Float($0) }
        case .int64(let tensor): converted(tensor) { Float($0) }
        case .int32(let tensor): converted(tensor) { Float($0) }
        case .uint8(let tensor): converted(tensor) { scalingBytes ? Float($0) / 255 : Float($0) }
        case .bool(let tensor): converted(tensor) { $0 ? 1 : 0 }
        }
    }

    private static func integers(_ tensor: AnyTensor) -> Tensor<Int64>? {
        switch tensor {
        case .int64(let tensor): tensor.contiguous()
        case .int32(let tensor): Tensor(tensor.scalars.map(Int64.init), shape: tensor.shape)
        case .uint8(let tensor): Tensor(tensor.scalars.map(Int64.init), shape: tensor.shape)
        case .bool(let tensor): Tensor(tensor.scalars.map { $0 ? 1 : 0 }, shape: tensor.shape)
        case .float32, .float64: nil
        }
    }
}
