/// The tensors one after another along an axis, in which alone their shapes may differ.
///
/// Tensors of shape [0] are left out. Gradient: each tensor's part of g. Stops where there is no tensor or the shapes do not fit.
///
/// Source: `torch.cat`.
public func concatenated<Scalar: TensorScalar>(_ tensors: [Tensor<Scalar>], axis: Int = 0) -> Tensor<Scalar> {
    let parts = tensors.filter { $0.shape != [0] }
    guard let first = parts.first else {
        guard let empty = tensors.first else { fatalError("torch.cat(): expected a non-empty list of Tensors") }
        return empty
    }
    guard first.rank > 0 else { fatalError("zero-dimensional tensor (at position 0) cannot be concatenated") }
    let axis = first.layout.resolve(axis: axis)
    var shape = first.shape
    shape[axis] = 0
    for (place, tensor) in tensors.enumerated() where tensor.shape != [0] {
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
    for part in parts {
        result.write(part, at: result.narrowed(axis: axis, start: start, count: part.shape[axis]).layout)
        start += part.shape[axis]
    }
    result.node = Tensor<Scalar>.record(parts.map(\.node)) {
        ConcatenateRecord(axis: axis, sizes: parts.map { $0.shape[axis] })
    }
    return result
}

/// The tensors, all of one shape, along a new axis.
///
/// Gradient: each tensor's part of g. Stops where there is no tensor or the shapes differ.
///
/// Source: `torch.stack`.
public func stacked<Scalar: TensorScalar>(_ tensors: [Tensor<Scalar>], axis: Int = 0) -> Tensor<Scalar> {
    guard let first = tensors.first else { fatalError("stack expects a non-empty TensorList") }
    for (place, tensor) in tensors.enumerated() where tensor.shape != first.shape {
        fatalError(
            "stack expects each tensor to be equal size, but got \(first.shape) at entry 0 and \(tensor.shape) at entry "
                + "\(place)")
    }
    let place = first.layout.resolve(axis: axis, rank: first.rank + 1)
    return concatenated(tensors.map { $0.unsqueezed(axis: place) }, axis: place).named(.stack)
}

struct ConcatenateRecord: JoinRecord {
    let axis: Int
    let sizes: [Int]
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>, for place: Int) -> Tensor<Scalar> {
        gradient.narrowed(axis: axis, start: sizes[..<place].reduce(0, +), count: sizes[place])
    }
}
