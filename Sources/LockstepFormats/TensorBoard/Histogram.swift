/// How the elements of a tensor are distributed, in the buckets that TensorBoard is given by default.
struct Histogram {
    let min: Double, max: Double
    let count: Int
    let sum: Double, sumOfSquares: Double
    /// The upper ends of the buckets.
    let limits: [Double]
    /// How many values lie in each.
    let counts: [Int]

    /// The bounds of all buckets: ±10⁻¹² · 1.1ⁱ below 10²⁰, and 0 between them.
    private static let bounds: [Double] = {
        var positive: [Double] = []
        var bound = 1e-12
        while bound < 1e20 {
            positive.append(bound)
            bound *= 1.1
        }
        return positive.reversed().map { -$0 } + [0] + positive
    }()

    /// The histogram of `values`; nil where no value lies in a bucket, as no NaN does.
    ///
    /// Bucket i holds the values from bound i up to, but not including, the next; the last one holds its upper bound too. Kept are
    /// the buckets from the one before the first that is not empty to the last that is not.
    ///
    /// Source: `make_histogram` in `torch/utils/tensorboard/summary.py`.
    init?(_ values: [Double]) {
        let bounds = Histogram.bounds
        var counts = [Int](repeating: 0, count: bounds.count - 1)
        var (min, max, sum, sumOfSquares) = (Double.infinity, -Double.infinity, 0.0, 0.0)
        for value in values {
            // As in NumPy, a NaN makes NaN of all four.
            min = value < min || value.isNaN ? value : min
            max = value > max || value.isNaN ? value : max
            sum += value
            sumOfSquares += value * value
            guard value >= bounds[0], value <= bounds[bounds.count - 1] else { continue }
            counts[Swift.min(Histogram.firstBound(above: value), bounds.count - 1) - 1] += 1
        }
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return nil
        }
        (self.min, self.max, self.sum, self.sumOfSquares) = (min, max, sum, sumOfSquares)
        count = values.count
        self.counts = (first > 0 ? [counts[first - 1]] : [0]) + counts[first...last]
        // A limit is the end of its bucket, and so the beginning of the next.
        limits = Array(bounds[first...last + 1])
    }

    /// The index of the first bound that is greater than `value`, by halving the range in question.
    private static func firstBound(above value: Double) -> Int {
        var range = 0..<bounds.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = bounds[middle] > value ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}
