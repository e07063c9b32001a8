internal import LockstepTensor

extension Registry {
    /// Functions of one tensor, element by element.
    static let unary: [String: Operator] = [
        "abs": function { $0.abs() },
        "ceil": function { $0.ceil() },
        "clone": function { $0.clone() },
        "cos": function { $0.cos() },
        "cosh": function { $0.cosh() },
        "erf": function { $0.erf() },
        "exp": function { $0.exp() },
        "expm1": function { $0.expm1() },
        "floor": function { $0.floor() },
        "isfinite": { try $0.tensor(0, "input").isfinite().result },
        "isinf": { try $0.tensor(0, "input").isinf().result },
        "isnan": { try $0.tensor(0, "input").isnan().result },
        "log": function { $0.log() },
        "log10": function { $0.log10() },
        "log1p": function { $0.log1p() },
        "log2": function { $0.log2() },
        "logical_not": { try (!$0.tensor(0, "input").to(Bool.self)).result },
        "neg": function { -$0 },
        "reciprocal": function { $0.reciprocal() },
        "round": function { $0.round() },
        "rsqrt": function { $0.rsqrt() },
        "sigmoid": function { $0.sigmoid() },
        "sign": function { $0.sign() },
        "sin": function { $0.sin() },
        "sinh": function { $0.sinh() },
        "sqrt": function { $0.sqrt() },
        "square": function { $0.square() },
        "tan": function { $0.tan() },
        "tanh": function { $0.tanh() },
        "trunc": function { $0.trunc() },
    ]

    /// Functions of two or three tensors, element by element, and those that make tensors like another.
    static let pairwise: [String: Operator] = [
        "add": { call in
            let (a, b) = try (call.tensor(0, "input"), call.tensor(1, "other"))
            return try (call.float(2, "alpha").map { a + b * $0 } ?? a + b).result
        },
        "addmm": { call in
            try addmm(
                call.tensor(0, "input"), call.tensor(1, "mat1"), call.tensor(2, "mat2"),
                beta: call.float(3, "beta") ?? 1, alpha: call.float(4, "alpha") ?? 1
            ).result
        },
        "clamp": { call in
            let (input, min, max) = try (call.tensor(0, "input"), call.bound(1, "min"), call.bound(2, "max"))
            if let min, let max { return input.clamp(min: min, max: max).result }
            return (min.map { input.clamp(min: $0) } ?? max.map { input.clamp(max: $0) } ?? input).result
        },
        "clamp_max": function { $0.clamp(max: $1) },
        "clamp_min": function { $0.clamp(min: $1) },
        "div.no_rounding_mode": function { $0 / $1 },
        "eq": relation { $0 .== $1 },
        "full_like": { call in
            let (shape, value) = try (call.tensor(0, "input").shape, call.double(1, "fill_value") ?? 0)
            return try call.dtype(2, "dtype") == .float64
                ? [.float64(Tensor.full(shape, value))] : Tensor.full(shape, Float(value)).result
        },
        "ge": relation { $0 .>= $1 },
        "gt": relation { $0 .> $1 },
        "le": relation { $0 .<= $1 },
        "lerp": { call in
            let (start, end) = try (call.tensor(0, "input"), call.tensor(1, "end"))
            if call.isTensor(2, "weight") { return start.lerp(end, weight: try call.tensor(2, "weight")).result }
            return start.lerp(end, weight: try call.float(2, "weight") ?? 0).result
        },
        "logaddexp": function { logaddexp($0, $1) },
        "logical_and": relation { $0.to(Bool.self) .& $1.to(Bool.self) },
        "logical_or": relation { $0.to(Bool.self) .| $1.to(Bool.self) },
        "lt": relation { $0 .< $1 },
        "max.binary": function { maximum($0, $1) },
        "maximum": function { maximum($0, $1) },
        "min.binary": function { minimum($0, $1) },
        "minimum": function { minimum($0, $1) },
        "mul": function { $0 * $1 },
        "ne": relation { $0 .!= $1 },
        "ones_like": { call in
            let shape = try call.tensor(0, "input").shape
            return try call.dtype(1, "dtype") == .float64 ? [.float64(.ones(shape))] : [.float32(.ones(shape))]
        },
        "pow": { call in
            let base = try call.tensor(0, "input")
            if call.isTensor(1, "exponent") { return base.pow(try call.tensor(1, "exponent")).result }
            return base.pow(try call.float(1, "exponent") ?? 1).result
        },
        "remainder": function { $0.remainder($1) },
        "rsub": { call in
            let (a, b) = try (call.tensor(0, "input"), call.tensor(1, "other"))
            return try (call.float(2, "alpha").map { b - a * $0 } ?? b - a).result
        },
        "sub": { call in
            let (a, b) = try (call.tensor(0, "input"), call.tensor(1, "other"))
            return try (call.float(2, "alpha").map { a - b * $0 } ?? a - b).result
        },
        // PyTorch's test calls it as input.where(condition, other).
        "where": { call in
            try call.tensor(2, "other").replacing(with: call.tensor(0, "input"), where: call.mask(1, "condition"))
                .result
        },
        "zeros_like": { call in
            let shape = try call.tensor(0, "input").shape
            return try call.dtype(1, "dtype") == .float64 ? [.float64(.zeros(shape))] : [.float32(.zeros(shape))]
        },
    ]

    /// A function of one tensor.
    static func function(_ body: @escaping @Sendable (Tensor<Float>) -> Tensor<Float>) -> Operator {
        { try body($0.tensor(0, "input")).result }
    }

    /// A function of two tensors.
    private static func function(
        _ body: @escaping @Sendable (Tensor<Float>, Tensor<Float>) -> Tensor<Float>
    ) -> Operator { { try body($0.tensor(0, "input"), $0.tensor(1, "other")).result } }

    /// A comparison of two tensors.
    private static func relation(
        _ body: @escaping @Sendable (Tensor<Float>, Tensor<Float>) -> Tensor<Bool>
    ) -> Operator { { try body($0.tensor(0, "input"), $0.tensor(1, "other")).result } }
}

extension Call {
    /// A bound for `clamp`: a tensor, converted to Float32 where it is one of whole numbers, or none.
    fileprivate func bound(_ position: Int, _ name: String) throws -> Tensor<Float>? {
        guard has(position, name) else { return nil }
        guard case .int32(let whole) = try anyTensor(position, name) else { return try tensor(position, name) }
        return whole.to(Float.self)
    }
}
