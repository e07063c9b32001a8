extension Tensor {
    /// The tensor with elements of `value` added at the ends of its last axes, or taken away where an amount is negative.
    ///
    /// `amounts` goes from the last axis backwards, as in PyTorch: [left, right, top, bottom, …]. Gradient: the part of g that is
    /// the tensor's own. Stops for an odd number of amounts, for more than two an axis, and where a size would be negative.
    ///
    /// Source: `torch.nn.functional.pad` with `mode="constant"`.
    public func padded(_ amounts: [Int], value: Scalar = .zero) -> Tensor {
        guard amounts.count % 2 == 0 else { fatalError("Padding length must be divisible by 2") }
        guard amounts.count / 2 <= rank else {
            fatalError(
                "Padding length should be less than or equal to two times the input dimension but got padding length "
                    + "\(amounts.count) and input of dimension \(rank)")
        }
        var own = detached()
        var shape = shape
        var starts = [Int](repeating: 0, count: rank)
        for pair in 0..<(amounts.count / 2) {
            let axis = rank - 1 - pair
            let (before, after) = (amounts[2 * pair], amounts[2 * pair + 1])
            let size = shape[axis] + before + after
            guard size >= 0 else {
                fatalError(
                    "The input size \(shape[axis]), plus negative padding \(before) and \(after) resulted in a negative output "
                        + "size, which is invalid. Check dimension \(axis) of your input.")
            }
            // What is left of the tensor itself; nothing where more is taken away than there is.
            let first = Swift.min(Swift.max(-before, 0), shape[axis])
            let kept = Swift.max(shape[axis] - first - Swift.max(-after, 0), 0)
            own = own.narrowed(axis: axis, start: first, count: kept)
            starts[axis] = Swift.max(before, 0)
            shape[axis] = size
        }
        var result = Tensor.full(shape, value)
        if own.count > 0 {
            var region = result
            for axis in shape.indices {
                region = region.narrowed(axis: axis, start: starts[axis], count: own.shape[axis])
            }
            let layout = region.layout
            region = own
            result.write(own, at: layout)
        }
        result.node = record { _ in PadRecord(amounts: amounts) }
        return result
    }
}

struct PadRecord: ViewRecord {
    let amounts: [Int]
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        gradient.padded(amounts.map { -$0 })
    }
}
