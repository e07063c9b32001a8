/// Where the elements come from that are added at the ends of an axis.
public enum PaddingMode: Sendable {
    /// Mirrored at the outermost element, which is not repeated: 2, 1 before 0, 1, 2.
    case reflect
    /// The outermost element over and over: 0, 0 before 0, 1, 2.
    case replicate
    /// From the other end: 1, 2 before 0, 1, 2.
    case circular
}

extension Tensor {
    /// The tensor with elements of its own added at the ends of its last axes, or taken away where an amount is negative.
    ///
    /// `amounts` goes from the last axis backwards: [left, right, top, bottom, …]. Gradient: added up where the elements came from.
    /// Stops for an odd number of amounts, and where the axis has too few elements: for `reflect` more are needed than are added, for
    /// `circular` as many, and something must be left.
    ///
    /// Source: `torch.nn.functional.pad` with `mode="reflect"`, `"replicate"` or `"circular"`.
    public func padded(_ amounts: [Int], mode: PaddingMode) -> Tensor {
        guard amounts.count % 2 == 0, amounts.count / 2 <= rank else {
            fatalError(
                "Padding length must be divisible by 2 and at most twice the number of axes, but got \(amounts) for \(shape)"
            )
        }
        return (0..<(amounts.count / 2)).reduce(self) { tensor, pair in
            let (before, after) = (amounts[2 * pair], amounts[2 * pair + 1])
            let axis = rank - 1 - pair
            let size = shape[axis]
            // What is left of the axis, which is what goes around.
            let (first, last) = (Swift.max(-before, 0), size - Swift.max(-after, 0))
            let most = mode == .reflect ? size - 1 : mode == .circular ? last - first : Int.max
            guard before <= most, after <= most, first < last else {
                fatalError(
                    "Padding size should be at most \(most) for mode \(mode), but got: padding (\(before), \(after)) at dimension "
                        + "\(axis) of input \(shape)")
            }
            let places = (-before..<(size + after)).map { place -> Int64 in
                switch mode {
                case .reflect: Int64(place < 0 ? -place : place < size ? place : 2 * (size - 1) - place)
                case .replicate: Int64(Swift.min(Swift.max(place, 0), size - 1))
                case .circular: Int64(first + (place - first + (last - first)) % (last - first))
                }
            }
            return tensor.selected(axis: axis, indices: Tensor<Int64>(places))
        }
    }
}
