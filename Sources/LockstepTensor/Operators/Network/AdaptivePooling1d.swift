/// The means of `size` windows of signals that cover all of them: `adaptiveAvgPool2d` along one axis; [n, c, l] or [c, l].
///
/// Source: `torch.nn.functional.adaptive_avg_pool1d`.
public func adaptiveAvgPool1d<Scalar: FloatingScalar>(_ input: Tensor<Scalar>, size: Int) -> Tensor<Scalar> {
    adaptiveAvgPool2d(input.unsqueezed(axis: -2), height: 1, width: size).squeezed(axis: -2)
}

/// The largest elements of `size` windows of signals that cover all of them: `adaptiveMaxPool2d` along one axis; [n, c, l] or [c, l].
///
/// Source: `torch.nn.functional.adaptive_max_pool1d`.
public func adaptiveMaxPool1d<Scalar: FloatingScalar>(_ input: Tensor<Scalar>, size: Int) -> Tensor<Scalar> {
    adaptiveMaxPool2d(input.unsqueezed(axis: -2), height: 1, width: size).squeezed(axis: -2)
}
