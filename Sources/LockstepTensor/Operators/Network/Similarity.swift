/// The cosine of the angle between two tensors' vectors along an axis: Σ xᵢyᵢ / (max(‖x‖, eps) max(‖y‖, eps)).
///
/// Shapes are broadcast, and the axis, 1 unless given, is that of the common shape and is dropped. `eps`, 1e-8 unless given, keeps
/// the divisor from 0. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.cosine_similarity`.
public func cosineSimilarity<Scalar: FloatingScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axis: Int = 1, eps: Scalar = 1e-8
) -> Tensor<Scalar> {
    let shape = Layout.broadcast(a.shape, b.shape)
    let (a, b) = (a.expanded(to: shape), b.expanded(to: shape))
    return (a.normalized(axis: axis, eps: eps) * b.normalized(axis: axis, eps: eps)).sum(axis: axis)
}

extension Tensor where Scalar: FloatingScalar {
    /// The tensor's vectors along an axis, over their p-norms: x / max(‖x‖ₚ, eps).
    ///
    /// The axis is 1 and p is 2 unless given, as in PyTorch; `eps`, 1e-12 unless given, keeps the divisor from 0.
    /// Gradient: (g − ŷ Σ g ŷ′) / max(‖x‖ₚ, eps), where ŷ′ is the norm's gradient.
    ///
    /// Source: `torch.nn.functional.normalize`.
    public func normalized(p: Double = 2, axis: Int = 1, eps: Scalar = 1e-12) -> Tensor {
        if rank == 0 { return reshaped(to: [1]).normalized(p: p, axis: axis, eps: eps).reshaped(to: []) }
        return self / norm(p, axis: axis, keepAxis: true).clamp(min: eps)
    }
}
