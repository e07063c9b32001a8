public import LockstepTensor

/// How many inputs each output of a weight depends on, and how many outputs each input reaches.
///
/// For a weight of shape [out, in, k…] these are in · Πk and out · Πk; `torch.nn.init._calculate_fan_in_and_fan_out`.
///
/// Stops when the shape has fewer than two axes.
public func fans(ofShape shape: [Int]) -> (in: Int, out: Int) {
    guard shape.count >= 2 else {
        fatalError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    }
    let field = shape.dropFirst(2).reduce(1, *)
    return (shape[1] * field, shape[0] * field)
}

/// A weight drawn uniformly from [−b, b) with b = √3 · gain / √fanIn and gain = √(2 / (1 + a²)).
///
/// `negativeSlope` is a, the slope below 0 of the leaky rectifier that follows: 0 for a plain rectifier. Draws from the thread's
/// default generator; the bits are PyTorch's.
///
/// Source: K. He et al., "Delving deep into rectifiers", ICCV 2015; `torch.nn.init.kaiming_uniform_`.
public func kaimingUniform(_ shape: [Int], negativeSlope: Double = 0) -> Tensor<Float> {
    // Nothing is drawn for a weight without elements, whose fan may be 0.
    if shape.contains(0) { return .zeros(shape) }
    let gain = (2 / (1 + negativeSlope * negativeSlope)).squareRoot()
    let bound = (3.0).squareRoot() * (gain / Double(fans(ofShape: shape).in).squareRoot())
    return .uniform(shape, from: Float(-bound), to: Float(bound))
}

/// A weight drawn uniformly from [−b, b) with b = gain · √(6 / (fanIn + fanOut)).
///
/// Draws from the thread's default generator; the bits are PyTorch's.
///
/// Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010;
/// `torch.nn.init.xavier_uniform_`.
public func xavierUniform(_ shape: [Int], gain: Double = 1) -> Tensor<Float> {
    let fans = fans(ofShape: shape)
    let deviation = gain * (2 / Double(fans.in + fans.out)).squareRoot()
    let bound = (3.0).squareRoot() * deviation
    return .uniform(shape, from: Float(-bound), to: Float(bound))
}

/// A weight drawn from the normal distribution with mean 0 and standard deviation gain / √fanIn and gain = √(2 / (1 + a²)).
///
/// `negativeSlope` is a, the slope below 0 of the leaky rectifier that follows: 0 for a plain rectifier. Draws from the thread's
/// default generator, as PyTorch does.
///
/// Source: K. He et al., "Delving deep into rectifiers", ICCV 2015; `torch.nn.init.kaiming_normal_`.
public func kaimingNormal(_ shape: [Int], negativeSlope: Double = 0) -> Tensor<Float> {
    // Nothing is drawn for a weight without elements, whose fan may be 0.
    if shape.contains(0) { return .zeros(shape) }
    let gain = (2 / (1 + negativeSlope * negativeSlope)).squareRoot()
    return .normal(shape, mean: 0, standardDeviation: gain / Double(fans(ofShape: shape).in).squareRoot())
}

/// A weight drawn from the normal distribution with mean 0 and standard deviation gain · √(2 / (fanIn + fanOut)).
///
/// Draws from the thread's default generator, as PyTorch does.
///
/// Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010;
/// `torch.nn.init.xavier_normal_`.
public func xavierNormal(_ shape: [Int], gain: Double = 1) -> Tensor<Float> {
    let fans = fans(ofShape: shape)
    return .normal(shape, mean: 0, standardDeviation: gain * (2 / Double(fans.in + fans.out)).squareRoot())
}

/// A weight drawn from the normal distribution, again and again where a number is out of bounds.
///
/// Mean 0, standard deviation 1 and the bounds −2 and 2 unless given. Draws from the thread's default generator, a whole tensor at a
/// time, as PyTorch does. Stops where less than 3 of 10 numbers would be within the bounds: PyTorch draws in another way there.
///
/// Source: `torch.nn.init.trunc_normal_`.
public func truncatedNormal(
    _ shape: [Int], mean: Double = 0, standardDeviation: Double = 1, from low: Double = -2, to high: Double = 2
) -> Tensor<Float> {
    func share(below bound: Double) -> Double {
        let bound = Tensor<Double>((bound - mean) / standardDeviation / (2.0).squareRoot())
        return (1 + bound.erf().item()) / 2
    }
    guard standardDeviation > 0, share(below: high) - share(below: low) > 0.3 else {
        fatalError(
            "truncatedNormal: bounds \(low) and \(high) hold too little of a normal distribution with mean \(mean) and standard "
                + "deviation \(standardDeviation)")
    }
    func draw() -> Tensor<Float> { .normal(shape, mean: mean, standardDeviation: standardDeviation) }
    var result = draw()
    while true {
        let outside = (result .< Float(low)) .| (result .> Float(high))
        if outside.countTrue == 0 { return result }
        result = result.replacing(with: draw(), where: outside)
    }
}
