extension Tensor {
    /// A matrix with the given rows: `Tensor<Float>([[1, 2], [3, 4]])` has the shape [2, 2].
    ///
    /// Stops with PyTorch's message when the rows are not equally long. Without rows it is empty, of shape [0].
    ///
    /// Source: `torch.tensor`.
    @_disfavoredOverload  // `[]` is a list of elements, of which there are none.
    public init(_ rows: [[Scalar]]) {
        self.init(Array(rows.joined()), shape: Tensor.shape(of: rows, at: 0) { [$0.count] })
    }

    /// A tensor of three axes: `Tensor<Float>([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])` has the shape [2, 2, 2].
    ///
    /// Stops with PyTorch's message when what stands beside each other is not equally long.
    ///
    /// Source: `torch.tensor`.
    @_disfavoredOverload
    public init(_ matrices: [[[Scalar]]]) {
        let shape = Tensor.shape(of: matrices, at: 0) { rows in Tensor.shape(of: rows, at: 1) { [$0.count] } }
        self.init(matrices.flatMap { Array($0.joined()) }, shape: shape)
    }

    /// The shape of a list whose elements, at depth `axis` + 1, must all have one shape.
    private static func shape<Element>(of list: [Element], at axis: Int, _ inner: (Element) -> [Int]) -> [Int] {
        let shapes = list.map(inner)
        guard let first = shapes.first else { return [0] }
        for shape in shapes {
            for (place, (size, expected)) in zip(shape, first).enumerated() where size != expected {
                fatalError("expected sequence of length \(expected) at dim \(axis + 1 + place) (got \(size))")
            }
        }
        return [list.count] + first
    }
}
