internal import LockstepTensor

extension Registry {
    /// Element-wise functions beyond the 167 operators.
    static let furtherFunctions: [String: Operator] = [
        "acos": function { $0.acos() },
        "acosh": function { $0.acosh() },
        "asin": function { $0.asin() },
        "asinh": function { $0.asinh() },
        "atan": function { $0.atan() },
        "atanh": function { $0.atanh() },
        "deg2rad": function { $0.deg2rad() },
        "erfc": function { $0.erfc() },
        "erfinv": function { $0.erfinv() },
        "exp2": function { $0.exp2() },
        "frac": function { $0.frac() },
        "rad2deg": function { $0.rad2deg() },
        "sinc": function { $0.sinc() },
        "logit": { try $0.tensor(0, "input").logit(eps: $0.float(1, "eps")).result },
        "nan_to_num": { call in
            try call.tensor(0, "input").nanToNum(
                nan: call.float(1, "nan") ?? 0, positiveInfinity: call.float(2, "posinf"),
                negativeInfinity: call.float(3, "neginf")
            ).result
        },
        "atan2": pair { $0.atan2($1) },
        "copysign": pair { $0.copysign($1) },
        "fmod": pair { $0.fmod($1) },
        "heaviside": pair { $0.heaviside($1) },
        "hypot": pair { $0.hypot($1) },
        "xlogy": pair { $0.xlogy($1) },
        "addcdiv": { call in
            let (a, b) = try (call.tensor(1, "tensor1"), call.tensor(2, "tensor2"))
            return try call.tensor(0, "input").addcdiv(a, b, value: call.float(3, "value") ?? 1).result
        },
        "addcmul": { call in
            let (a, b) = try (call.tensor(1, "tensor1"), call.tensor(2, "tensor2"))
            return try call.tensor(0, "input").addcmul(a, b, value: call.float(3, "value") ?? 1).result
        },
        "isclose": { call in
            let (a, b) = try (call.tensor(0, "input"), call.tensor(1, "other"))
            return try a.isclose(
                b, relative: call.float(2, "rtol") ?? 1e-5, absolute: call.float(3, "atol") ?? 1e-8,
                equalNaN: call.bool(4, "equal_nan") ?? false
            ).result
        },
        "nn.functional.celu": { try $0.tensor(0, "input").celu(alpha: $0.float(1, "alpha") ?? 1).result },
        "nn.functional.hardshrink": { try $0.tensor(0, "input").hardshrink($0.float(1, "lambd") ?? 0.5).result },
        "nn.functional.softshrink": { try $0.tensor(0, "input").softshrink($0.float(1, "lambd") ?? 0.5).result },
        "nn.functional.softmin": { try $0.tensor(0, "input").softmin(axis: $0.axis(1)).result },
    ]

    /// Reductions, indices and products beyond the 167 operators.
    static let furtherIndexing: [String: Operator] = [
        "corrcoef": function { $0.corrcoef() },
        "count_nonzero": { try $0.tensor(0, "input").countNonzero(axes: $0.ints(1, "dim") ?? []).result },
        "cummax": { both(try $0.tensor(0, "input").cummax(axis: $0.axis(1))) },
        "cummin": { both(try $0.tensor(0, "input").cummin(axis: $0.axis(1))) },
        "fliplr": function { $0.fliplr() },
        "flipud": function { $0.flipud() },
        "index_add": { call in
            let source = try call.tensor(3, "source") * (call.float(4, "alpha") ?? 1)
            return try call.tensor(0, "input").indexAdding(
                source, axis: call.axis(1), indices: call.indices(2, "index")
            ).result
        },
        "index_copy": { call in
            try call.tensor(0, "input").indexCopying(
                call.tensor(3, "source"), axis: call.axis(1), indices: call.indices(2, "index")
            ).result
        },
        "kthvalue": { call in
            let (k, axis) = (try call.axis(1, "k"), try call.int(2, "dim") ?? -1)
            return both(
                try call.tensor(0, "input").kthvalue(k, axis: axis, keepAxis: call.bool(3, "keepdim") ?? false))
        },
        "median": { call in
            let x = try call.tensor(0, "input")
            guard let axis = try call.int(1, "dim") else { return x.median().result }
            return both(x.median(axis: axis, keepAxis: try call.bool(2, "keepdim") ?? false))
        },
        "nanmean": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.nanmean(axes: $0, keepAxis: $1) }
        },
        "nansum": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.nansum(axes: $0, keepAxis: $1) }
        },
        "rot90": { call in
            let axes = try call.ints(2, "dims") ?? [0, 1]
            return try call.tensor(0, "input").rot90(call.int(1, "k") ?? 1, axes: axes[0], axes[1]).result
        },
        "take": { try $0.tensor(0, "input").taken($0.indices(1, "index")).result },
        "take_along_dim": { call in
            let (x, indices) = try (call.tensor(0, "input"), call.indices(1, "indices"))
            guard let axis = try call.int(2, "dim") else {
                return x.flattened().takenAlong(axis: 0, indices: indices.flattened()).result
            }
            return x.takenAlong(axis: axis, indices: indices).result
        },
        "unflatten": {
            try $0.tensor(0, "input").unflattened(axis: $0.axis(1), sizes: $0.ints(2, "sizes") ?? []).result
        },
        "unfold": { call in
            let (size, step) = try (call.axis(2, "size"), call.axis(3, "step"))
            return try call.tensor(0, "input").windows(axis: call.axis(1, "dimension"), size: size, step: step).result
        },
        "addmv": { call in
            try addmv(
                call.tensor(0, "input"), call.tensor(1, "mat"), call.tensor(2, "vec"),
                beta: call.float(3, "beta") ?? 1, alpha: call.float(4, "alpha") ?? 1
            ).result
        },
        "addr": { call in
            try addr(
                call.tensor(0, "input"), call.tensor(1, "vec1"), call.tensor(2, "vec2"),
                beta: call.float(3, "beta") ?? 1, alpha: call.float(4, "alpha") ?? 1
            ).result
        },
        "baddbmm": { call in
            try baddbmm(
                call.tensor(0, "input"), call.tensor(1, "batch1"), call.tensor(2, "batch2"),
                beta: call.float(3, "beta") ?? 1, alpha: call.float(4, "alpha") ?? 1
            ).result
        },
        "cdist": { call in
            try cdist(call.tensor(0, "x1"), call.tensor(1, "x2"), p: call.double(2, "p") ?? 2).result
        },
        "inner": pair { $0.inner($1) },
        "kron": pair { $0.kron($1) },
        "linalg.cross": { call in
            try call.tensor(0, "input").cross(call.tensor(1, "other"), axis: call.int(2, "dim") ?? -1).result
        },
    ]

    /// What networks use beyond the 167 operators.
    static let furtherNetwork: [String: Operator] = [
        "nn.functional.adaptive_avg_pool1d": { call in
            try adaptiveAvgPool1d(call.tensor(0, "input"), size: call.ints(1, "output_size")?[0] ?? 1).result
        },
        "nn.functional.conv_transpose1d": { call in
            try convTranspose1d(
                call.tensor(0, "input"), call.tensor(1, "weight"), call.tensorIfGiven(2, "bias"),
                stride: call.ints(3, "stride")?[0] ?? 1, padding: call.ints(4, "padding")?[0] ?? 0,
                outputPadding: call.ints(5, "output_padding")?[0] ?? 0, groups: call.int(6, "groups") ?? 1,
                dilation: call.ints(7, "dilation")?[0] ?? 1
            ).result
        },
        "nn.functional.interpolate.bicubic": interpolated(.cubic),
        "nn.functional.interpolate.bilinear": interpolated(.linear),
        "nn.functional.interpolate.linear": interpolated(.linear),
        "nn.functional.interpolate.nearest": interpolated(.nearest),
        "nn.functional.pad.circular": padded(.circular),
        "nn.functional.pad.reflect": padded(.reflect),
        "nn.functional.pad.replicate": padded(.replicate),
        "nn.functional.pairwise_distance": { call in
            let (x, y) = try (call.tensor(0, "x1"), call.tensor(1, "x2"))
            return try pairwiseDistance(
                x, y, p: call.double(2, "p") ?? 2, eps: call.float(3, "eps") ?? 1e-6,
                keepAxis: call.bool(4, "keepdim") ?? false
            ).result
        },
        "nn.functional.pixel_shuffle": {
            try $0.tensor(0, "input").pixelShuffled($0.axis(1, "upscale_factor")).result
        },
        "nn.functional.pixel_unshuffle": {
            try $0.tensor(0, "input").pixelUnshuffled($0.axis(1, "downscale_factor")).result
        },
        "nn.functional.unfold": { call in
            func size(_ position: Int, _ name: String, _ standard: Int) throws -> Size2D {
                let sizes = try call.ints(position, name) ?? [standard]
                return Size2D(sizes[0], sizes[sizes.count - 1])
            }
            return try unfold(
                call.tensor(0, "input"), kernel: size(1, "kernel_size", 1), stride: size(4, "stride", 1),
                padding: size(3, "padding", 0), dilation: size(2, "dilation", 1)
            ).result
        },
    ]

    /// A function of a tensor and another one, or a number.
    private static func pair(
        _ body: @escaping @Sendable (Tensor<Float>, Tensor<Float>) -> Tensor<Float>
    ) -> Operator {
        { call in
            let other =
                call.isTensor(1, "other") ? try call.tensor(1, "other") : Tensor(try call.float(1, "other") ?? 0)
            return try body(call.tensor(0, "input"), other).result
        }
    }

    private static func padded(_ mode: PaddingMode) -> Operator {
        { try $0.tensor(0, "input").padded($0.ints(1, "pad") ?? [], mode: mode).result }
    }

    private static func interpolated(_ mode: InterpolationMode) -> Operator {
        { call in
            let (x, aligns) = try (call.tensor(0, "input"), call.bool(4, "align_corners") ?? false)
            guard let scale = try call.double(2, "scale_factor") else {
                var size = try call.ints(1, "size") ?? []
                if size.count == 1 { size = [Int](repeating: size[0], count: x.rank - 2) }
                return interpolate(x, size: size, mode: mode, alignsCorners: aligns).result
            }
            if try call.bool(5, "recompute_scale_factor") ?? false {
                let size = x.shape.dropFirst(2).map { Int((Double($0) * scale).rounded(.down)) }
                return interpolate(x, size: size, mode: mode, alignsCorners: aligns).result
            }
            return interpolate(x, scale: scale, mode: mode, alignsCorners: aligns).result
        }
    }
}
