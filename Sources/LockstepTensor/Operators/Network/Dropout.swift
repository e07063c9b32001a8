extension Tensor where Scalar: FloatingScalar {
    /// The tensor with each element set to 0 with probability `p`, and the others over 1 − p, so that the mean stays.
    ///
    /// Draws from the thread's default generator; nothing where `p` is 0 or 1. After `manualSeed` the places are PyTorch's on
    /// processors that are not Intel's. Gradient: g, likewise set to 0 and scaled. Stops where `p` is outside of 0...1.
    ///
    /// Source: `torch.nn.functional.dropout`; N. Srivastava et al., "Dropout", JMLR 2014.
    @_specialize(where Scalar == Float)
    public func dropout(_ p: Double = 0.5) -> Tensor {
        guard p >= 0, p <= 1 else {
            fatalError("dropout probability has to be between 0 and 1, but got \(p)")
        }
        if p == 0 { return self }
        if p == 1 { return self * 0 }
        let kept = Tensor<Bool>(shape: shape) { elements in
            withDefaultGenerator { generator in
                for place in elements.indices { elements[place] = generator.bernoulli(1 - p) }
            }
        }
        return (self * (1 / Scalar(1 - p))).replacing(with: 0, where: !kept)
    }
}
