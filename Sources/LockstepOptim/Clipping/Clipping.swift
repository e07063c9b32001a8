import CLockstepKernels
import LockstepTensor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Scales all gradients down so that their norm, taken over all of them together, is at most `maxNorm`; gives the norm before.
///
///     ‖g‖ = (Σ |gᵢ|ᵖ)^(1/p),   g ← g · min(1, maxNorm / (‖g‖ + 10⁻⁶))
///
/// p is `normType`: 2 by default, `.infinity` for the largest absolute value. The squares are added up in double precision.
/// Where the norm is not finite the gradients become NaN or 0, as in PyTorch, unless `errorIfNonFinite` is set: then it stops.
///
/// Source: `torch.nn.utils.clip_grad_norm_`.
@discardableResult
public func clipGradientNorm(
    _ parameters: some ParameterSource, maxNorm: Double, normType: Double = 2, errorIfNonFinite: Bool = false
) -> Double {
    let buffer = parameters.parameterBuffer
    let norm = buffer.gradients.withUnsafeElements { elements in
        guard let start = elements.baseAddress, !elements.isEmpty else { return 0.0 }
        switch normType {
        case 2: return lk_square_sum(elements.count, start).squareRoot()
        case .infinity:
            return elements.reduce(0.0) { largest, element in
                element.isNaN ? .nan : largest.isNaN ? largest : Swift.max(largest, Double(abs(element)))
            }
        default: return pow(elements.reduce(0.0) { $0 + pow(Double(abs($1)), normType) }, 1 / normType)
        }
    }
    if errorIfNonFinite && !norm.isFinite {
        fatalError(
            "The total norm of order \(normType) for gradients from `parameters` is non-finite, so it cannot be clipped."
        )
    }
    let factor = Float(maxNorm / (norm + 1e-6))
    // Not `factor < 1`: a NaN has to reach the gradients, so that the fault shows.
    if !(factor >= 1) {
        buffer.updateGradients { gradients in
            for place in gradients.indices { gradients[place] *= factor }
        }
    }
    return norm
}

/// Limits each element of all gradients to ±`limit`.
///
/// Source: `torch.nn.utils.clip_grad_value_`.
public func clipGradientValue(_ parameters: some ParameterSource, limit: Double) {
    let limit = Float(limit)
    parameters.parameterBuffer.updateGradients { gradients in
        for place in gradients.indices {
            // Written so that a NaN stays one.
            if gradients[place] > limit { gradients[place] = limit }
            if gradients[place] < -limit { gradients[place] = -limit }
        }
    }
}
