internal import LockstepFormats
internal import LockstepTensor

/// How far a result may be from PyTorch's: |actual − expected| ≤ absolute + relative · |expected|, element by element.
struct Tolerance {
    /// PyTorch's own defaults for Float32.
    var absolute = 1e-5
    var relative = 1.3e-6

    /// The operators that are given more, each with the reason.
    static let wider: [String: (tolerance: Tolerance, reason: String)] = [
        "cdist": (
            Tolerance(absolute: 1e-4),
            "where PyTorch works distances out from products, its gradients are up to 4e-5 from those in Float64; ours never are"
        ),
        "nn.functional.layer_norm": (
            Tolerance(absolute: 1e-4),
            "a row of one element has the normalized value 0, of which PyTorch's x·s − mean·s leaves its rounding, 3e-5"
        ),
        "nn.functional.scaled_dot_product_attention": (
            Tolerance(absolute: 1.5e-4),
            "the cases' scores reach 95, where Float32 is coarse: PyTorch's own gradients are up to 9e-5 from those in Float64"
        ),
    ]

    static func of(_ op: String) -> Tolerance { wider[op]?.tolerance ?? Tolerance() }

    /// What differs beyond the tolerance; nil where nothing does.
    func difference(_ actual: AnyTensor, _ expected: AnyTensor) -> String? {
        guard actual.dtype == expected.dtype else { return "dtype \(actual.dtype), expected \(expected.dtype)" }
        guard actual.shape == expected.shape else { return "shape \(actual.shape), expected \(expected.shape)" }
        switch (actual, expected) {
        case (.float32(let a), .float32(let b)):
            return first(zip(a.scalars, b.scalars).map { (Double($0), Double($1)) })
        case (.float64(let a), .float64(let b)): return first(Array(zip(a.scalars, b.scalars)))
        case (.int64(let a), .int64(let b)): return exact(a.scalars, b.scalars)
        case (.int32(let a), .int32(let b)): return exact(a.scalars, b.scalars)
        case (.uint8(let a), .uint8(let b)): return exact(a.scalars, b.scalars)
        case (.bool(let a), .bool(let b)): return exact(a.scalars, b.scalars)
        default: return "dtypes that cannot be compared"
        }
    }

    private func first(_ pairs: [(Double, Double)]) -> String? {
        for (index, (a, b)) in pairs.enumerated() {
            if a == b || (a.isNaN && b.isNaN) { continue }
            if abs(a - b) <= absolute + relative * abs(b), b.isFinite { continue }
            return "element \(index) is \(a), expected \(b)"
        }
        return nil
    }

    private func exact<Scalar: Equatable>(_ a: [Scalar], _ b: [Scalar]) -> String? {
        zip(a, b).enumerated().first { $1.0 != $1.1 }.map { "element \($0) is \($1.0), expected \($1.1)" }
    }
}
