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
    /// The tensor with elements of its own added at the ends of its last axes.
    ///
    /// `amounts` goes from the last axis backwards: [left, right, top, bottom, …]. Gradient: added up where the elements came from.
    /// Stops for an odd number of amounts, for negative ones, and where the axis has too few elements: for `reflect` more are
    /// needed than are added, for `circular` as many.
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
            let most = mode == .reflect ? size - 1 : mode == .circular ? size : Int.max
            guard size > 0, before >= 0, after >= 0, before <= most, after <= most else {
                fatalError(
                    "Padding size should be from 0 to \(most) for mode \(mode), but got: padding (\(before), \(after)) at dimension "
                        + "\(axis) of input \(shape)")
            }
            let places = (-before..<(size + after)).map { place -> Int64 in
                switch mode {
                case .reflect: Int64(place < 0 ? -place : place < size ? place : 2 * (size - 1) - place)
                case .replicate: Int64(Swift.min(Swift.max(place, 0), size - 1))
                case .circular: Int64((place + size) % size)
                }
            }
            return tensor.selected(axis: axis, indices: Tensor<Int64>(places))
        }
    }
}
