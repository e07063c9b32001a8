public import LockstepTensor

/// While it trains, sets each element to 0 with probability p and divides the others by 1 − p; otherwise lets everything through.
///
/// Draws from the thread's default generator. Source: `torch.nn.Dropout`.
public final class Dropout: Module, Layer {
    /// The probability with which an element is set to 0.
    public let probability: Double

    /// A dropout with probability `p`, 0.5 unless given. Stops where it is outside of 0...1.
    public init(_ p: Double = 0.5) {
        guard p >= 0, p <= 1 else {
            fatalError("dropout probability has to be between 0 and 1, but got \(p)")
        }
        probability = p
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        isTraining ? input.dropout(probability) : input
    }
}

/// While it trains, sets whole channels of [n, c, …] to 0 with probability p and divides the others by 1 − p.
///
/// For images, whose neighbouring pixels are alike, so that dropping single ones does little. Draws from the thread's default generator.
/// Source: `torch.nn.Dropout1d`, `torch.nn.Dropout2d`, `torch.nn.Dropout3d`.
public final class ChannelDropout: Module, Layer {
    /// The probability with which a channel is set to 0.
    public let probability: Double

    /// A dropout with probability `p`, 0.5 unless given. Stops where it is outside of 0...1.
    public init(_ p: Double = 0.5) {
        guard p >= 0, p <= 1 else {
            fatalError("dropout probability has to be between 0 and 1, but got \(p)")
        }
        probability = p
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        guard input.rank >= 2 else { fatalError("expected an input of [n, c, …], but got \(input.shape)") }
        if !isTraining { return input }
        let channels = Tensor<Float>.ones(input.shape.prefix(2) + input.shape.dropFirst(2).map { _ in 1 })
        return input * channels.dropout(probability)
    }
}
