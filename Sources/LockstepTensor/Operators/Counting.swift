// What is counted or looked up has whole numbers for a result: nothing here is recorded.

extension Tensor where Scalar: Comparable & Hashable {
    /// The different elements in ascending order, the place in them of each element of this tensor, and how often each is there.
    ///
    /// `inverse` has this tensor's shape, so that `values[inverse]` is this tensor. Elements that are NaN all differ.
    ///
    /// Source: `torch.unique`.
    public func unique() -> (values: Tensor, inverse: Tensor<Int64>, counts: Tensor<Int64>) {
        let (sorted, places) = detached().flattened().sorted(axis: 0)
        let runs = sorted.uniqueConsecutive()
        let inverse = Tensor<Int64>.zeros([count]).scattering(runs.inverse, axis: 0, indices: places)
        return (runs.values, inverse.reshaped(to: shape), runs.counts)
    }

    /// The first of each run of equal elements in row-major order, the number of the run of each element, and how long each run is.
    ///
    /// Source: `torch.unique_consecutive`.
    public func uniqueConsecutive() -> (values: Tensor, inverse: Tensor<Int64>, counts: Tensor<Int64>) {
        var (values, counts): ([Scalar], [Int64]) = ([], [])
        let inverse = withUnsafeElements { elements in
            elements.map { element -> Int64 in
                if values.last == element {
                    counts[counts.count - 1] += 1
                } else {
                    values.append(element)
                    counts.append(1)
                }
                return Int64(values.count - 1)
            }
        }
        return (Tensor(values), Tensor<Int64>(inverse, shape: shape), Tensor<Int64>(counts))
    }

    /// Where an element is one of those of `others`.
    ///
    /// Source: `torch.isin`.
    public func isin(_ others: Tensor) -> Tensor<Bool> {
        let known = Set(others.scalars)
        return Tensor<Bool>(scalars.map { known.contains($0) }, shape: shape)
    }

    /// The places at which values would have to be put into this tensor's last axis, which is in ascending order, to keep the order: the
    /// first one that does, or the last one with `right`.
    ///
    /// `values` has this tensor's first axes and any last one; a vector serves values of every shape. Stops where the shapes do not
    /// fit.
    ///
    /// Source: `torch.searchsorted`; with the operands exchanged `torch.bucketize`.
    public func searchsorted(_ values: Tensor, right: Bool = false) -> Tensor<Int64> {
        guard rank == 1 || (rank > 0 && rank == values.rank && shape.dropLast() == values.shape.dropLast()) else {
            fatalError(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and "
                    + "input value tensor must match, but we got boundaries tensor \(shape) and input value tensor "
                    + "\(values.shape)")
        }
        let size = shape[rank - 1]
        let each = rank == 1 ? values.count : values.shape[rank - 1]
        return withUnsafeElements { sorted in
            let places = values.scalars.enumerated().map { place, value -> Int64 in
                let start = rank == 1 ? 0 : place / Swift.max(each, 1) * size
                var (low, high) = (0, size)
                while low < high {
                    let middle = (low + high) / 2
                    let isBefore = right ? !(value < sorted[start + middle]) : sorted[start + middle] < value
                    if isBefore { low = middle + 1 } else { high = middle }
                }
                return Int64(low)
            }
            return Tensor<Int64>(places, shape: values.shape)
        }
    }
}

extension Tensor {
    /// How many elements are not 0 (or are true).
    ///
    /// Source: `torch.count_nonzero`.
    public func countNonzero() -> Tensor<Int64> { Tensor<Bool>(converting: self).sum() }

    /// How many elements along some axes are not 0 (or are true); the axes are dropped.
    ///
    /// Source: `torch.count_nonzero`.
    public func countNonzero(axes: [Int]) -> Tensor<Int64> { Tensor<Bool>(converting: self).sum(axes: axes) }
}

extension Tensor where Scalar: IntegerScalar {
    /// How often 0, 1, 2, … are there: as many counts as the largest element needs, and at least `minimumLength`.
    ///
    /// Stops for a negative element. Source: `torch.bincount`.
    public func bincount(minimumLength: Int = 0) -> Tensor<Int64> {
        bins(minimumLength) {
            [Int64](repeating: 0, count: $0)
        } add: { counts, bin, _ in
            counts[bin] += 1
        }
    }

    /// The sums of the weights of the elements that are 0, 1, 2, …: as many as the largest element needs, and at least `minimumLength`.
    ///
    /// Added one after another in row-major order. The weights get no gradient, as in PyTorch. Stops for a negative element, or where
    /// there are not as many weights as elements. Source: `torch.bincount` with `weights`.
    public func bincount<Weight: FloatingScalar>(weights: Tensor<Weight>, minimumLength: Int = 0) -> Tensor<Weight> {
        guard weights.shape == shape else { fatalError("weights should be 1-d and have the same length as input") }
        let elements = weights.scalars
        return bins(minimumLength) {
            [Weight](repeating: 0, count: $0)
        } add: {
            $0[$1] += elements[$2]
        }
    }

    private func bins<Sum: TensorScalar>(
        _ minimumLength: Int, _ make: (Int) -> [Sum], add: (inout [Sum], _ bin: Int, _ place: Int) -> Void
    ) -> Tensor<Sum> {
        guard rank == 1 else { fatalError("bincount only supports 1-d non-negative integral inputs.") }
        let elements = scalars
        if elements.contains(where: { $0 < 0 }) {
            fatalError("bincount only supports 1-d non-negative integral inputs.")
        }
        var sums = make(Swift.max(minimumLength, elements.max().map { Int($0) + 1 } ?? 0))
        for (place, element) in elements.enumerated() { add(&sums, Int(element), place) }
        return Tensor<Sum>(sums)
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// How many elements fall into each of `bins` equal intervals from `min` to `max`, both included; others are not counted.
    ///
    /// The bounds are the smallest and the largest element where both are 0, the default as in PyTorch. Stops where they are not
    /// finite or in the wrong order.
    ///
    /// Source: `torch.histc`.
    public func histc(bins: Int = 100, min: Scalar = 0, max: Scalar = 0) -> Tensor {
        guard bins > 0 else { fatalError("torch.histc(): bins must be > 0, but got \(bins)") }
        let elements = scalars
        var (low, high) = (min, max)
        if low == high, let smallest = elements.min(), let largest = elements.max() {
            (low, high) = (smallest, largest)
        }
        if low == high { (low, high) = (low - 1, high + 1) }
        guard low.isFinite, high.isFinite else { fatalError("range of [\(low), \(high)] is not finite") }
        guard low < high else { fatalError("max must be larger than min") }
        var counts = [Scalar](repeating: 0, count: bins)
        for element in elements where element >= low && element <= high {
            counts[Swift.min(Int((element - low) / (high - low) * Scalar(bins)), bins - 1)] += 1
        }
        return Tensor(counts)
    }
}
