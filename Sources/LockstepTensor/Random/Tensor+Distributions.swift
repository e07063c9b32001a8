extension Tensor where Scalar: RandomScalar {
    /// Ones with probability `p` and zeros otherwise, PyTorch's `bernoulli_(p)`, from the thread's default generator.
    ///
    /// Stops when `p` is not in [0, 1].
    public static func bernoulli(_ shape: [Int], _ p: Double) -> Tensor {
        Tensor(shape: shape) { elements in
            withDefaultGenerator { generator in
                for place in elements.indices { elements[place] = generator.bernoulli(p) ? 1 : 0 }
            }
        }
    }

    /// For each element a one with that probability and otherwise a zero, PyTorch's `torch.bernoulli`, from the thread's default
    /// generator. It has no gradient.
    ///
    /// Stops when an element is not in [0, 1].
    public func bernoulli() -> Tensor {
        Tensor(shape: shape) { result in
            withUnsafeElements { probabilities in
                withDefaultGenerator { generator in
                    for (place, p) in probabilities.enumerated() {
                        guard 0...1 ~= p else { fatalError("Expected p_in >= 0 && p_in <= 1 to be true, but got \(p)") }
                        // Here PyTorch draws in the tensor's own type.
                        result[place] = Scalar.unitUniform(using: &generator) < p ? 1 : 0
                    }
                }
            }
        }
    }

    /// Numbers drawn from the exponential distribution with the density rate · exp(−rate · x), PyTorch's `exponential_`, from the
    /// thread's default generator.
    ///
    /// Stops when `rate` is not above 0.
    public static func exponential(_ shape: [Int], rate: Double = 1) -> Tensor {
        Tensor(shape: shape) { elements in
            withDefaultGenerator { generator in
                for place in elements.indices { elements[place] = Scalar(generator.exponential(rate: rate)) }
            }
        }
    }

    /// The places of `count` categories of each row, drawn with the row's weights, PyTorch's `torch.multinomial`, from the thread's
    /// default generator: [N, C] → [N, count], [C] → [count].
    ///
    /// The weights need not add up to 1. Without `replacement` no category comes twice; then each weight is divided by a number
    /// drawn from the exponential distribution, and the largest win. With it, uniform numbers are looked up in the row's sums.
    /// It has no gradient.
    ///
    /// Stops, with PyTorch's message, when a weight is negative or not finite, all of a row are 0, or `count` is below 1 or, without
    /// replacement, above C.
    public func multinomial(_ count: Int, replacement: Bool = false) -> Tensor<Int64> {
        guard rank == 1 || rank == 2 else { fatalError("prob_dist must be 1 or 2 dim") }
        guard count > 0 else { fatalError("cannot sample n_sample <= 0 samples") }
        let categories = shape[rank - 1]
        guard replacement || count <= categories else {
            fatalError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
        }
        return Tensor<Int64>(shape: shape.dropLast() + [count]) { places in
            withUnsafeElements { weights in
                withDefaultGenerator { generator in
                    let rows = categories == 0 ? 0 : weights.count / categories
                    for row in 0..<rows {
                        let start = row * categories
                        Self.checkWeights(UnsafeBufferPointer(rebasing: weights[start..<start + categories]))
                    }
                    for row in 0..<rows {
                        let start = row * categories
                        let row = Self.draw(
                            count, UnsafeBufferPointer(rebasing: weights[start..<start + categories]),
                            // A single draw is made without replacement, whatever was asked for, as in PyTorch.
                            replacement: replacement && count > 1, using: &generator)
                        let first = start / categories * count
                        for (place, category) in row.enumerated() { places[first + place] = Int64(category) }
                    }
                }
            }
        }
    }

    private static func checkWeights(_ weights: UnsafeBufferPointer<Scalar>) {
        guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            fatalError("probability tensor contains either `inf`, `nan` or element < 0")
        }
        guard weights.contains(where: { $0 > 0 }) else {
            fatalError("invalid multinomial distribution (sum of probabilities <= 0)")
        }
    }

    private static func draw(
        _ count: Int, _ weights: UnsafeBufferPointer<Scalar>, replacement: Bool, using generator: inout Generator
    ) -> [Int] {
        if !replacement {
            let keys = weights.map { $0 / Scalar(generator.exponential()) }
            return Array(keys.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }.prefix(count))
        }
        var sums: [Scalar] = []
        var sum: Scalar = 0
        for weight in weights {
            sum += weight
            sums.append(sum)
        }
        for place in sums.indices { sums[place] /= sum }
        sums[sums.count - 1] = 1
        return (0..<count).map { _ in
            let number = Double.unitUniform(using: &generator)
            var (low, high) = (0, sums.count)
            while low < high {
                let middle = low + (high - low) / 2
                if Double(sums[middle]) < number { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}
