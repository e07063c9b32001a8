extension Tensor where Scalar: Comparable {
    /// The k-th smallest elements along an axis, counted from 1, and their places; the axis is dropped, or kept with size 1.
    ///
    /// NaN counts as largest. Gradient: g for the element found. Stops where the axis is shorter than k.
    ///
    /// Source: `torch.kthvalue`.
    public func kthvalue(
        _ k: Int, axis: Int = -1, keepAxis: Bool = false
    ) -> (values: Tensor, indices: Tensor<Int64>) {
        let place = layout.resolve(axis: axis)
        guard k >= 1, k <= (rank == 0 ? 1 : shape[place]) else {
            fatalError("kthvalue(): selected number k out of range for dimension \(place)")
        }
        let (values, indices) = sorted(axis: place)
        if rank == 0 { return (values, indices) }
        let found = (
            values.narrowed(axis: place, start: k - 1, count: 1), indices.narrowed(axis: place, start: k - 1, count: 1)
        )
        return keepAxis ? found : (found.0.squeezed(axis: place), found.1.squeezed(axis: place))
    }

    /// The middle elements along an axis, the lower of two, and their places; the axis is dropped, or kept with size 1.
    ///
    /// NaN where there is one. Gradient: g for the element found. Stops for an axis of size 0.
    ///
    /// Source: `torch.median`.
    public func median(axis: Int, keepAxis: Bool = false) -> (values: Tensor, indices: Tensor<Int64>) {
        let place = layout.resolve(axis: axis)
        let size = rank == 0 ? 1 : shape[place]
        guard size > 0 else { fatalError("median(): Expected reduction dim \(place) to have non-zero size.") }
        let (values, indices) = kthvalue((size + 1) / 2, axis: place, keepAxis: keepAxis)
        // A NaN is the largest; where there is one it is the median.
        let last = kthvalue(size, axis: place, keepAxis: keepAxis)
        let isNaN = last.values .!= last.values
        return (
            values.replacing(with: last.values, where: isNaN), indices.replacing(with: last.indices, where: isNaN)
        )
    }

    /// The middle element, the lower of two; NaN where there is one. Gradient: g for the element found. Stops for an empty tensor.
    ///
    /// Source: `torch.median`.
    public func median() -> Tensor { flattened().median(axis: 0).values }

    /// The smallest and the largest elements along an axis, which is dropped, or kept with size 1. Gradients: those of `amin` and `amax`.
    ///
    /// Source: `torch.aminmax`.
    public func aminmax(axis: Int, keepAxis: Bool = false) -> (min: Tensor, max: Tensor) {
        (amin(axes: [axis], keepAxis: keepAxis), amax(axes: [axis], keepAxis: keepAxis))
    }

    /// The largest element so far along an axis, and its place, the last of several; NaN from the first one on.
    ///
    /// Gradient: added up where the elements came from. Source: `torch.cummax`.
    public func cummax(axis: Int) -> (values: Tensor, indices: Tensor<Int64>) {
        runningExtremum(axis) { $0 >= $1 }
    }

    /// The smallest element so far along an axis, and its place, the last of several; NaN from the first one on.
    ///
    /// Gradient: added up where the elements came from. Source: `torch.cummin`.
    public func cummin(axis: Int) -> (values: Tensor, indices: Tensor<Int64>) {
        runningExtremum(axis) { $0 <= $1 }
    }

    private func runningExtremum(
        _ axis: Int, _ replaces: (Scalar, Scalar) -> Bool
    ) -> (values: Tensor, indices: Tensor<Int64>) {
        let place = layout.resolve(axis: axis)
        if rank == 0 { return (self, Tensor<Int64>(0)) }
        let rows = detached().movingToEnd(place)
        let size = Swift.max(shape[place], 1)
        let elements = rows.scalars
        var best = 0
        let places = elements.indices.map { index -> Int64 in
            let start = index / size * size
            if index == start || elements[index] != elements[index] { best = index }
            // Neither comparison holds with NaN, which therefore stays.
            if replaces(elements[index], elements[best]) { best = index }
            return Int64(best - start)
        }
        let indices = Tensor<Int64>(places, shape: rows.shape).movingFromEnd(place)
        return (gathered(axis: place, indices: indices), indices)
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// The element that a share `q` of all elements is below, between two by linear interpolation; NaN where there is one.
    ///
    /// Gradient: shared by the two elements. Stops for a q outside of 0...1 and for an empty tensor.
    ///
    /// Source: `torch.quantile`.
    public func quantile(_ q: Double) -> Tensor { flattened().quantile(q, axis: 0) }

    /// The elements along an axis that a share `q` is below; the axis is dropped, or kept with size 1. See `quantile(_:)`.
    ///
    /// Source: `torch.quantile`.
    public func quantile(_ q: Double, axis: Int, keepAxis: Bool = false) -> Tensor {
        guard q >= 0, q <= 1 else { fatalError("quantile() q values must be in the range [0, 1]") }
        let place = layout.resolve(axis: axis)
        if rank == 0 { return self }
        guard shape[place] > 0 else { fatalError("quantile() input tensor must be non-empty") }
        let sorted = sorted(axis: place).values
        let position = q * Double(shape[place] - 1)
        let below = Int(position.rounded(.down))
        func part(_ start: Int) -> Tensor { sorted.narrowed(axis: place, start: start, count: 1) }
        let result = part(below).lerp(
            part(Swift.min(below + 1, shape[place] - 1)), weight: Scalar(position - Double(below)))
        // A NaN is the largest.
        let last = part(shape[place] - 1)
        let found = result.replacing(with: last, where: last.isnan())
        return keepAxis ? found : found.squeezed(axis: place)
    }

    /// ln(e^x₀ + … + e^xᵢ) along an axis; nothing overflows. Gradient: Σₖ gₖ exp(xᵢ − yₖ) over k ≥ i.
    ///
    /// Source: `torch.logcumsumexp`.
    public func logcumsumexp(axis: Int) -> Tensor {
        let place = layout.resolve(axis: axis)
        if rank == 0 || count == 0 { return self }
        var sums = [narrowed(axis: place, start: 0, count: 1)]
        for index in 1..<Swift.max(shape[place], 1) {
            sums.append(logaddexp(sums[index - 1], narrowed(axis: place, start: index, count: 1)))
        }
        return concatenated(sums, axis: place)
    }

    /// The sum of all elements that are not NaN. Gradient: g for those. Source: `torch.nansum`.
    public func nansum() -> Tensor { replacing(with: 0, where: isnan()).sum() }

    /// The sums along some axes of the elements that are not NaN. Gradient: g for those. Source: `torch.nansum`.
    public func nansum(axes: [Int], keepAxis: Bool = false) -> Tensor {
        replacing(with: 0, where: isnan()).sum(axes: axes, keepAxis: keepAxis)
    }

    /// The mean of all elements that are not NaN; NaN where there is none. Gradient: g over their number. Source: `torch.nanmean`.
    public func nanmean() -> Tensor { nanmean(axes: []) }

    /// The means along some axes of the elements that are not NaN. Gradient: g over their number. Source: `torch.nanmean`.
    public func nanmean(axes: [Int], keepAxis: Bool = false) -> Tensor {
        let counts = (!isnan()).sum(axes: axes, keepAxis: keepAxis)
        return nansum(axes: axes, keepAxis: keepAxis) / Tensor(converting: counts)
    }

    /// The standard deviations and the means along some axes, all where `axes` is empty; see `std` and `mean`.
    ///
    /// Source: `torch.std_mean`.
    public func stdMean(
        axes: [Int] = [], correction: Double = 1, keepAxis: Bool = false
    ) -> (std: Tensor, mean: Tensor) {
        (std(axes: axes, correction: correction, keepAxis: keepAxis), mean(axes: axes, keepAxis: keepAxis))
    }

    /// The variances and the means along some axes, all where `axes` is empty; see `var` and `mean`.
    ///
    /// Source: `torch.var_mean`.
    public func varMean(
        axes: [Int] = [], correction: Double = 1, keepAxis: Bool = false
    ) -> (variance: Tensor, mean: Tensor) {
        (self.var(axes: axes, correction: correction, keepAxis: keepAxis), mean(axes: axes, keepAxis: keepAxis))
    }

    /// The differences of neighbours along an axis, yᵢ = xᵢ₊₁ − xᵢ, `order` times over. Gradient: that of the differences.
    ///
    /// Source: `torch.diff`.
    public func diff(order: Int = 1, axis: Int = -1) -> Tensor {
        let place = layout.resolve(axis: axis)
        guard rank > 0 else { fatalError("diff expects input to be at least one-dimensional") }
        return (0..<order).reduce(self) { tensor, _ in
            let size = Swift.max(tensor.shape[place] - 1, 0)
            if tensor.shape[place] == 0 { return tensor }
            return tensor.narrowed(axis: place, start: 1, count: size)
                - tensor.narrowed(axis: place, start: 0, count: size)
        }
    }
}
