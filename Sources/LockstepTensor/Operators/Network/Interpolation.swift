/// How elements between those of an image are made.
public enum InterpolationMode: Sendable {
    /// The element at ⌊i · scale⌋; PyTorch's "nearest".
    case nearest
    /// The element at ⌊(i + ½) · scale⌋; PyTorch's "nearest-exact", which is what image libraries do.
    case nearestExact
    /// Between the two nearest ones along each axis; PyTorch's "linear", "bilinear" and "trilinear".
    case linear
    /// Through the four nearest ones along each axis, by a cubic with a = −¾; PyTorch's "bicubic". Overshoots at edges.
    case cubic
}

/// Signals, images or volumes brought to another size: [n, c, s…] becomes [n, c, `size`…].
///
/// For output i along an axis of length l that becomes l′ the place in the input is (i + ½) l / l′ − ½, or i (l − 1) / (l′ − 1) with
/// `alignsCorners`, which lets the outermost elements stay where they are; places beyond the edge count as the edge. Each axis is a sum
/// of a few selections, so nothing depends on the other axes. Gradient: added up where the elements came from, weighted.
///
/// The mode is the nearest element unless given, and corners are not aligned, as in PyTorch. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.interpolate`.
public func interpolate<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, size: [Int], mode: InterpolationMode = .nearest, alignsCorners: Bool = false
) -> Tensor<Scalar> {
    interpolate(input, to: size, ratios: nil, mode, alignsCorners)
}

/// Signals, images or volumes brought to ⌊s · `scale`⌋ along each axis but the first two; see the other function.
///
/// Places are worked out with `scale` itself, not with the ratio of the sizes, as in PyTorch.
///
/// Source: `torch.nn.functional.interpolate`.
public func interpolate<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, scale: Double, mode: InterpolationMode = .nearest, alignsCorners: Bool = false
) -> Tensor<Scalar> {
    let size = input.shape.dropFirst(2).map { Int((Double($0) * scale).rounded(.down)) }
    return interpolate(input, to: size, ratios: 1 / scale, mode, alignsCorners)
}

private func interpolate<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, to size: [Int], ratios: Double?, _ mode: InterpolationMode, _ alignsCorners: Bool
) -> Tensor<Scalar> {
    guard input.rank >= 3, size.count == input.rank - 2 else {
        fatalError(
            "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of "
                + "\(input.shape.dropFirst(2)) and output size of \(size).")
    }
    if alignsCorners, mode == .nearest || mode == .nearestExact {
        fatalError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    }
    // The last axis first, as PyTorch's kernels do, so that the sums have the same order.
    return size.indices.reversed().reduce(input) { tensor, place in
        let axis = place + 2
        guard input.shape[axis] > 0, size[place] > 0 else {
            fatalError(
                "Input and output sizes should be greater than 0, but got input (\(input.shape)) and output (\(size))")
        }
        let taps = Taps<Scalar>(
            input.shape[axis], to: size[place], ratio: ratios.map { Scalar($0) }, mode, alignsCorners)
        if taps.weights.isEmpty { return tensor.selected(axis: axis, indices: Tensor<Int64>(taps.places[0])) }
        var along = [Int](repeating: 1, count: tensor.rank)
        along[axis] = size[place]
        let parts = zip(taps.places, taps.weights).map { places, weights in
            tensor.selected(axis: axis, indices: Tensor<Int64>(places)) * Tensor(weights, shape: along)
        }
        return parts.dropFirst().reduce(parts[0], +)
    }
}

/// Which elements along an axis each element of the result is made of, and how much of each; no weights for one whole element.
private struct Taps<Scalar: FloatingScalar> {
    private(set) var places: [[Int64]]
    private(set) var weights: [[Scalar]]

    init(_ size: Int, to target: Int, ratio: Scalar?, _ mode: InterpolationMode, _ alignsCorners: Bool) {
        let scale: Scalar =
            if alignsCorners {
                target > 1 ? Scalar(size - 1) / Scalar(target - 1) : 0
            } else {
                ratio ?? Scalar(size) / Scalar(target)
            }
        func clamped(_ place: Int) -> Int64 { Int64(Swift.min(Swift.max(place, 0), size - 1)) }
        func source(_ place: Int) -> Scalar {
            alignsCorners ? Scalar(place) * scale : (Scalar(place) + 0.5) * scale - 0.5
        }
        switch mode {
        case .nearest, .nearestExact:
            let shift: Scalar = mode == .nearest ? 0 : 0.5
            places = [(0..<target).map { clamped(Int(((Scalar($0) + shift) * scale).rounded(.down))) }]
            weights = []
        case .linear:
            let sources = (0..<target).map { Swift.max(source($0), 0) }
            let first = sources.map { Swift.min(Int($0), size - 1) }
            let share = zip(sources, first).map { Swift.min(Swift.max($0 - Scalar($1), 0), 1) }
            places = [first.map(clamped), first.map { clamped($0 + 1) }]
            weights = [share.map { 1 - $0 }, share]
        case .cubic:
            let sources = (0..<target).map(source)
            let first = sources.map { Int($0.rounded(.down)) }
            let share = zip(sources, first).map { $0 - Scalar($1) }
            places = (-1...2).map { step in first.map { clamped($0 + step) } }
            weights = [
                share.map { Taps.far($0 + 1) }, share.map { Taps.near($0) }, share.map { Taps.near(1 - $0) },
                share.map { Taps.far(2 - $0) },
            ]
        }
    }

    /// The cubic's weight at a distance of at most 1, with a = −¾.
    private static func near(_ x: Scalar) -> Scalar { ((1.25 * x - 2.25) * x) * x + 1 }
    /// The cubic's weight at a distance from 1 to 2.
    private static func far(_ x: Scalar) -> Scalar { ((-0.75 * x + 3.75) * x - 6) * x + 3 }
}

extension Tensor {
    /// The channels of [n…, c · r², h, w] spread over a finer image: [n…, c, h · r, w · r]. Gradient: moved back.
    ///
    /// Stops where r² does not divide the channels. Source: `torch.nn.functional.pixel_shuffle`; W. Shi et al., CVPR 2016.
    public func pixelShuffled(_ factor: Int) -> Tensor {
        guard rank >= 3, factor > 0, shape[rank - 3] % (factor * factor) == 0 else {
            fatalError(
                "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor \(factor), but "
                    + "got input of size \(shape)")
        }
        let (batch, c) = (Array(shape.dropLast(3)), shape[rank - 3] / (factor * factor))
        let (h, w, b) = (shape[rank - 2], shape[rank - 1], rank - 3)
        return reshaped(to: batch + [c, factor, factor, h, w])
            .permuted(Array(0..<b) + [b, b + 3, b + 1, b + 4, b + 2])
            .reshaped(to: batch + [c, h * factor, w * factor])
    }

    /// An image gathered into channels: [n…, c, h · r, w · r] becomes [n…, c · r², h, w]. Undoes `pixelShuffled`.
    ///
    /// Stops where r does not divide the image's sides. Source: `torch.nn.functional.pixel_unshuffle`.
    public func pixelUnshuffled(_ factor: Int) -> Tensor {
        guard rank >= 3, factor > 0, shape[rank - 2] % factor == 0, shape[rank - 1] % factor == 0 else {
            fatalError(
                "pixel_unshuffle expects height and width to be divisible by downscale_factor \(factor), but got input of size "
                    + "\(shape)")
        }
        let (batch, c, b) = (Array(shape.dropLast(3)), shape[rank - 3], rank - 3)
        let (h, w) = (shape[rank - 2] / factor, shape[rank - 1] / factor)
        return reshaped(to: batch + [c, h, factor, w, factor])
            .permuted(Array(0..<b) + [b, b + 2, b + 4, b + 1, b + 3])
            .reshaped(to: batch + [c * factor * factor, h, w])
    }
}
