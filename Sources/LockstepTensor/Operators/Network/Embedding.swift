import CLockstepKernels

/// The rows of a table that indices name: [n, d] and indices of any shape s make [s…, d].
///
/// A row named `paddingIndex` (negative: from the end) gets no gradient. Gradient: g is added up for each row by the places that
/// name it; with `scaledByFrequency` over the number of these. Stops where an index is out of range.
///
/// Source: `torch.nn.functional.embedding`.
@_specialize(where Scalar == Float)
public func embedding<Scalar: FloatingScalar>(
    _ indices: Tensor<Int64>, _ weight: Tensor<Scalar>, paddingIndex: Int? = nil, scaledByFrequency: Bool = false
) -> Tensor<Scalar> {
    guard weight.rank == 2 else { fatalError("'weight' must be 2-D") }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let skipped = paddingIndex.map { index in
        guard index >= -rows, index < rows else { fatalError("Padding_idx must be within num_embeddings") }
        return Int64(index < 0 ? index + rows : index)
    }
    let indices = indices.contiguous()
    indices.withUnsafeElements { elements in
        if elements.contains(where: { $0 < 0 || $0 >= rows }) { fatalError("index out of range in self") }
    }
    let table = weight.contiguous()
    var result = Tensor<Scalar>(uninitialized: indices.shape + [columns])
    withExtendedLifetime((table.storage, indices.storage)) {
        lk_gather_rows(
            columns * MemoryLayout<Scalar>.stride, indices.count, table.pointer, indices.pointer,
            result.storage.pointer)
    }
    if let node = table.node, records(node) {
        result.node = EmbeddingNode<Scalar>(
            input: node, indices, shape: weight.shape, skipped: skipped, scaledByFrequency: scaledByFrequency)
    }
    return result
}

final class EmbeddingNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var indices: Tensor<Int64>?
    private let shape: [Int]
    private let skipped: Int64?
    private let scaledByFrequency: Bool

    init(input: Node, _ indices: Tensor<Int64>, shape: [Int], skipped: Int64?, scaledByFrequency: Bool) {
        self.indices = indices
        self.shape = shape
        self.skipped = skipped
        self.scaledByFrequency = scaledByFrequency
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let indices = saved(indices)
        let dense = gradient.contiguous()
        let factors = scaledByFrequency ? frequencies(indices) : nil
        // Straight into where gradients are added up: a table is large, and a batch names few of its rows.
        input(0)?.accumulate(shape: shape) { destination, adding in
            if !adding { destination.fill(0, count: shape[0] * shape[1]) }
            withExtendedLifetime((dense.storage, indices.storage, factors?.storage)) {
                lk_scatter_add_rows(
                    Scalar.kernelType, indices.count, shape[1], dense.pointer, indices.pointer, skipped ?? -1,
                    factors?.pointer, destination)
            }
        }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let places = saved(indices).flattened()
        var rows = gradient.reshaped(to: [places.count, shape[1]])
        if let skipped { rows = rows.replacing(with: 0, where: (places .== skipped).unsqueezed(axis: 1)) }
        if scaledByFrequency {
            rows = rows * frequencies(places).selected(axis: 0, indices: places).unsqueezed(axis: 1)
        }
        let everywhere = places.unsqueezed(axis: 1).expanded(to: rows.shape)
        send(Tensor.zeros(shape).scatterAdding(rows, axis: 0, indices: everywhere), to: 0)
    }

    /// One over how often each row is named.
    private func frequencies(_ indices: Tensor<Int64>) -> Tensor<Scalar> {
        var counts = [Int](repeating: 0, count: shape[0])
        indices.withUnsafeElements { for index in $0 { counts[Int(index)] += 1 } }
        return Tensor(counts.map { 1 / Scalar(Swift.max($0, 1)) })
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { indices = nil }
}

extension Tensor<Int64> {
    /// A last axis of `classes` numbers, 1 at the place that an element names and 0 elsewhere.
    ///
    /// `classes` is one more than the largest element unless given. Stops where an element is no class.
    ///
    /// Source: `torch.nn.functional.one_hot`.
    public func oneHot(classes: Int? = nil) -> Tensor<Int64> {
        let elements = scalars
        if elements.contains(where: { $0 < 0 }) { fatalError("Class values must be non-negative.") }
        guard classes.map({ $0 > 0 }) ?? !elements.isEmpty else {
            fatalError("Can not infer total number of classes from empty tensor.")
        }
        let size = classes ?? Int(elements.max() ?? 0) + 1
        if elements.contains(where: { $0 >= size }) {
            fatalError("Class values must be smaller than num_classes.")
        }
        return Tensor(shape: shape + [size]) { buffer in
            buffer.update(repeating: 0)
            for (place, element) in elements.enumerated() { buffer[place * size + Int(element)] = 1 }
        }
    }
}
