/// The tensors one after another along an axis, in which alone their shapes may differ.
///
/// Gradient: each tensor's part of g. Stops where there is no tensor or the shapes do not fit.
///
/// Source: `torch.cat`.
public func concatenated<Scalar: FloatingScalar>(_ tensors: [Tensor<Scalar>], axis: Int = 0) -> Tensor<Scalar> {
    guard let first = tensors.first else { fatalError("torch.cat(): expected a non-empty list of Tensors") }
    guard first.rank > 0 else { fatalError("zero-dimensional tensor (at position 0) cannot be concatenated") }
    let axis = first.layout.resolve(axis: axis)
    var shape = first.shape
    shape[axis] = 0
    for (place, tensor) in tensors.enumerated() {
        guard tensor.rank == first.rank else {
            fatalError("Tensors must have same number of dimensions: got \(first.rank) and \(tensor.rank)")
        }
        for other in shape.indices where other != axis && tensor.shape[other] != first.shape[other] {
            fatalError(
                "Sizes of tensors must match except in dimension \(axis). Expected size \(first.shape[other]) but got size "
                    + "\(tensor.shape[other]) for tensor number \(place) in the list.")
        }
        shape[axis] += tensor.shape[axis]
    }
    var result = Tensor<Scalar>(uninitialized: shape)
    var start = 0
    for tensor in tensors {
        result.write(tensor, at: result.narrowed(axis: axis, start: start, count: tensor.shape[axis]).layout)
        start += tensor.shape[axis]
    }
    if records(tensors.map(\.node)) { result.node = ConcatenateNode(tensors, axis: axis) }
    return result
}

/// The tensors, all of one shape, along a new axis.
///
/// Gradient: each tensor's part of g. Stops where there is no tensor or the shapes differ.
///
/// Source: `torch.stack`.
public func stacked<Scalar: FloatingScalar>(_ tensors: [Tensor<Scalar>], axis: Int = 0) -> Tensor<Scalar> {
    guard let first = tensors.first else { fatalError("stack expects a non-empty TensorList") }
    for (place, tensor) in tensors.enumerated() where tensor.shape != first.shape {
        fatalError(
            "stack expects each tensor to be equal size, but got \(first.shape) at entry 0 and \(tensor.shape) at entry "
                + "\(place)")
    }
    let place = first.layout.resolve(axis: axis, rank: first.rank + 1)
    return concatenated(tensors.map { $0.unsqueezed(axis: place) }, axis: place).named("StackBackward0")
}

final class ConcatenateNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let axis: Int
    private let sizes: [Int]

    init(_ tensors: [Tensor<Scalar>], axis: Int) {
        self.axis = axis
        sizes = tensors.map { $0.shape[axis] }
        super.init(inputs: tensors.map(\.node))
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        var start = 0
        for (place, size) in sizes.enumerated() {
            send(gradient.narrowed(axis: axis, start: start, count: size), to: place)
            start += size
        }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}
