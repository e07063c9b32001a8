extension Tensor where Scalar: RandomScalar {
    /// Numbers drawn uniformly from [0, 1), PyTorch's `rand`, from the thread's default generator.
    public static func rand(_ shape: [Int]) -> Tensor { uniform(shape, from: 0, to: 1) }

    /// Numbers drawn uniformly from [`low`, `high`), PyTorch's `uniform_`, from the thread's default generator.
    ///
    /// Stops when `low` is greater than `high`.
    public static func uniform(_ shape: [Int], from low: Scalar, to high: Scalar) -> Tensor {
        Tensor(shape: shape) { elements in
            withDefaultGenerator { Scalar.fillUniform(elements, from: low, to: high, using: &$0) }
        }
    }

    /// Numbers drawn from the normal distribution with mean 0 and standard deviation 1, PyTorch's `randn`, from the thread's
    /// default generator.
    public static func randn(_ shape: [Int]) -> Tensor { normal(shape, mean: 0, standardDeviation: 1) }

    /// Numbers drawn from the normal distribution, PyTorch's `normal_`, from the thread's default generator.
    ///
    /// Stops when `standardDeviation` is negative.
    public static func normal(_ shape: [Int], mean: Double, standardDeviation: Double) -> Tensor {
        Tensor(shape: shape) { elements in
            withDefaultGenerator {
                Scalar.fillNormal(elements, mean: mean, standardDeviation: standardDeviation, using: &$0)
            }
        }
    }
}

extension Tensor where Scalar == Int64 {
    /// Whole numbers drawn uniformly from `range`, PyTorch's `randint`, from the thread's default generator.
    ///
    /// Stops when `range` is empty.
    public static func randint(_ range: Range<Int64>, _ shape: [Int]) -> Tensor {
        Tensor(shape: shape) { elements in
            withDefaultGenerator { generator in
                for place in elements.indices { elements[place] = generator.integer(in: range) }
            }
        }
    }

    /// The numbers 0..<`count` in random order, PyTorch's `randperm`, from the thread's default generator.
    ///
    /// Stops when `count` is negative.
    public static func randperm(_ count: Int) -> Tensor {
        Tensor(withDefaultGenerator { $0.permutation(count) }.map(Int64.init), shape: [count])
    }
}
