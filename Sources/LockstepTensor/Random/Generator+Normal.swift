#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Generator {
    /// A number drawn from the normal distribution, as PyTorch draws a single one (and each of up to 15 in a tensor).
    ///
    /// Box and Muller in `Double`: with u₁, u₂ uniform in [0, 1), r = √(−2 log(1 − u₂)) and θ = 2π u₁, the numbers are r cos θ
    /// and then, kept for the next call, r sin θ.
    ///
    /// Stops when `standardDeviation` is negative.
    public mutating func normal(mean: Double = 0, standardDeviation: Double = 1) -> Double {
        Generator.check(standardDeviation)
        if let spare = spareNormal {
            spareNormal = nil
            return mean.addingProduct(spare, standardDeviation)
        }
        let first = Double.unitUniform(using: &self)
        let second = Double.unitUniform(using: &self)
        let radius = (-2 * log1p(-second)).squareRoot()
        let angle = 2 * Double.pi * first
        spareNormal = radius * sin(angle)
        return mean.addingProduct(radius * cos(angle), standardDeviation)
    }

    /// Fills `elements` with numbers drawn from the normal distribution, as PyTorch fills a tensor.
    ///
    /// Below 16 elements each is drawn by `normal(mean:standardDeviation:)`. From 16 on all are first filled uniformly, and
    /// each block of 16 is then turned into 8 pairs; a last, partial block is drawn anew together with the elements before it.
    /// PyTorch evaluates the functions of that path with 32-bit approximations where it has AVX2; ours are evaluated in `Double`
    /// and rounded, so that every processor gives the same bits: they agree with PyTorch's to some 1e-6.
    @inline(__always) mutating func fillNormal<Scalar: RandomScalar>(
        _ elements: UnsafeMutableBufferPointer<Scalar>, mean: Double, standardDeviation: Double
    ) {
        Generator.check(standardDeviation)
        guard elements.count >= 16 else {
            for place in elements.indices {
                elements[place] = Scalar(normal(mean: mean, standardDeviation: standardDeviation))
            }
            return
        }
        fillUniform(elements, from: 0, to: 1)
        for start in stride(from: 0, through: elements.count - 16, by: 16) {
            Generator.makeNormal(elements, start, mean: mean, standardDeviation: standardDeviation)
        }
        if elements.count % 16 != 0 {
            let start = elements.count - 16
            fillUniform(UnsafeMutableBufferPointer(rebasing: elements[start...]), from: 0, to: 1)
            Generator.makeNormal(elements, start, mean: mean, standardDeviation: standardDeviation)
        }
    }

    /// Turns 16 uniform numbers into 16 normal ones.
    @inline(__always) private static func makeNormal<Scalar: RandomScalar>(
        _ elements: UnsafeMutableBufferPointer<Scalar>, _ start: Int, mean: Double, standardDeviation: Double
    ) {
        for place in start..<start + 8 {
            // 1 − u is in (0, 1], where the logarithm is finite.
            let radius = (-2 * log(Double(1 - elements[place]))).squareRoot()
            let angle = 2 * Double.pi * Double(elements[place + 8])
            elements[place] = Scalar(mean.addingProduct(radius * cos(angle), standardDeviation))
            elements[place + 8] = Scalar(mean.addingProduct(radius * sin(angle), standardDeviation))
        }
    }

    private static func check(_ standardDeviation: Double) {
        if standardDeviation >= 0 { return }
        fatalError("normal expects std >= 0.0, but found std \(standardDeviation)")
    }
}
