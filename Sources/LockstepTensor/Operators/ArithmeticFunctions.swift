// The four operators under PyTorch's names, as functions to call or to hand on.

/// a + alpha · b, element by element: what `+` gives, with a factor for b.
///
/// Source: `torch.add`.
public func add<Scalar: FloatingScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, alpha: Scalar = 1
) -> Tensor<Scalar> {
    alpha == 1 ? a + b : a + b * alpha
}

/// a + alpha · b, element by element, of whole numbers, which wrap around. Source: `torch.add`.
public func add<Scalar: IntegerScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, alpha: Scalar = 1
) -> Tensor<Scalar> {
    alpha == 1 ? a + b : a + b * alpha
}

/// a − alpha · b, element by element: what `-` gives, with a factor for b.
///
/// Source: `torch.sub`.
public func sub<Scalar: FloatingScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, alpha: Scalar = 1
) -> Tensor<Scalar> {
    alpha == 1 ? a - b : a - b * alpha
}

/// a − alpha · b, element by element, of whole numbers, which wrap around. Source: `torch.sub`.
public func sub<Scalar: IntegerScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, alpha: Scalar = 1
) -> Tensor<Scalar> {
    alpha == 1 ? a - b : a - b * alpha
}

/// ab, element by element: what `*` gives.
///
/// Source: `torch.mul`.
public func mul<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { a * b }

/// ab, element by element, of whole numbers, which wrap around. Source: `torch.mul`.
public func mul<Scalar: IntegerScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { a * b }

/// a / b, element by element: what `/` gives. Rounded, with `divided(by:rounding:)`.
///
/// Source: `torch.div`.
public func div<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> { a / b }

/// a / b, element by element, of whole numbers as Float. Source: `torch.div`.
public func div<Scalar: IntegerScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Float> { a / b }
