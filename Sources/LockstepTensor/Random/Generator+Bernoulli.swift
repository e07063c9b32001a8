extension Generator {
    /// Fills `elements`, in order, each true with probability `p`: where a number drawn uniformly from [0, 1) is below it.
    ///
    /// The number is a `Double`, as in PyTorch on processors that are not Intel's (on those it draws from another generator, of MKL).
    package mutating func fillBernoulli(_ elements: UnsafeMutableBufferPointer<Bool>, _ p: Double) {
        for place in elements.indices { elements[place] = Double.unitUniform(using: &self) < p }
    }
}
