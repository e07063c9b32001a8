internal import LockstepTensor

extension Registry {
    /// Convolutions, pools, normalizations, look-ups and attention.
    static let network: [String: Operator] = [
        "nn.functional.linear": {
            try linear($0.tensor(0, "input"), $0.tensor(1, "weight"), $0.tensorIfGiven(2, "bias")).result
        },
        "nn.functional.conv1d": { call in
            let padding: ConvolutionPadding<Int> =
                switch call.argument(4, "padding") {
                case .text("same")?: .same
                case .text?: .valid
                default: .by(try call.ints(4, "padding")?.first ?? 0)
                }
            return try conv1d(
                call.tensor(0, "input"), call.tensor(1, "weight"), call.tensorIfGiven(2, "bias"),
                stride: call.ints(3, "stride")?.first ?? 1, padding: padding,
                dilation: call.ints(5, "dilation")?.first ?? 1, groups: call.int(6, "groups") ?? 1
            ).result
        },
        "nn.functional.conv2d": { call in
            let padding: ConvolutionPadding<Size2D> =
                switch call.argument(4, "padding") {
                case .text("same")?: .same
                case .text?: .valid
                default: .by(try call.size(4, "padding") ?? 0)
                }
            return try conv2d(
                call.tensor(0, "input"), call.tensor(1, "weight"), call.tensorIfGiven(2, "bias"),
                stride: call.size(3, "stride") ?? 1, padding: padding, dilation: call.size(5, "dilation") ?? 1,
                groups: call.int(6, "groups") ?? 1
            ).result
        },
        "nn.functional.conv_transpose2d": {
            try convTranspose2d(
                $0.tensor(0, "input"), $0.tensor(1, "weight"), $0.tensorIfGiven(2, "bias"),
                stride: $0.size(3, "stride") ?? 1, padding: $0.size(4, "padding") ?? 0,
                outputPadding: $0.size(5, "output_padding") ?? 0, groups: $0.int(6, "groups") ?? 1,
                dilation: $0.size(7, "dilation") ?? 1
            ).result
        },
        "nn.functional.max_pool1d": { call in
            let (values, indices) = try maxPool1dWithIndices(
                call.tensor(0, "input"), kernel: call.ints(1, "kernel_size")?.first ?? 1,
                stride: call.ints(2, "stride")?.first, padding: call.ints(3, "padding")?.first ?? 0,
                dilation: call.ints(4, "dilation")?.first ?? 1, ceil: call.bool(5, "ceil_mode") ?? false)
            return try call.bool(6, "return_indices") == true ? values.result + indices.result : values.result
        },
        "nn.functional.max_pool2d": { call in
            let (values, indices) = try maxPool2dWithIndices(
                call.tensor(0, "input"), kernel: call.size(1, "kernel_size") ?? 1, stride: call.size(2, "stride"),
                padding: call.size(3, "padding") ?? 0, dilation: call.size(4, "dilation") ?? 1,
                ceil: call.bool(5, "ceil_mode") ?? false)
            return try call.bool(6, "return_indices") == true ? values.result + indices.result : values.result
        },
        "nn.functional.avg_pool1d": {
            try avgPool1d(
                $0.tensor(0, "input"), kernel: $0.ints(1, "kernel_size")?.first ?? 1,
                stride: $0.ints(2, "stride")?.first, padding: $0.ints(3, "padding")?.first ?? 0,
                ceil: $0.bool(4, "ceil_mode") ?? false, countsPadding: $0.bool(5, "count_include_pad") ?? true
            ).result
        },
        "nn.functional.avg_pool2d": {
            try avgPool2d(
                $0.tensor(0, "input"), kernel: $0.size(1, "kernel_size") ?? 1, stride: $0.size(2, "stride"),
                padding: $0.size(3, "padding") ?? 0, ceil: $0.bool(4, "ceil_mode") ?? false,
                countsPadding: $0.bool(5, "count_include_pad") ?? true, divisor: $0.int(6, "divisor_override")
            ).result
        },
        "nn.functional.adaptive_avg_pool2d": { call in
            var sizes: [Int?] = []
            switch call.argument(1, "output_size") {
            case .list(let elements)?:
                sizes = elements.map { if case .int(let size) = $0 { size } else { nil } }
            default:
                let both = try call.int(1, "output_size")
                sizes = [both, both]
            }
            return try adaptiveAvgPool2d(call.tensor(0, "input"), height: sizes[0], width: sizes[1]).result
        },
        "nn.functional.layer_norm": {
            try layerNorm(
                $0.tensor(0, "input"), shape: $0.ints(1, "normalized_shape") ?? [],
                weight: $0.tensorIfGiven(2, "weight"), bias: $0.tensorIfGiven(3, "bias"),
                eps: $0.double(4, "eps") ?? 1e-5
            ).result
        },
        "nn.functional.rms_norm": {
            try rmsNorm(
                $0.tensor(0, "input"), shape: $0.ints(1, "normalized_shape") ?? [],
                weight: $0.tensorIfGiven(2, "weight"), eps: $0.double(3, "eps")
            ).result
        },
        "nn.functional.group_norm": {
            try groupNorm(
                $0.tensor(0, "input"), groups: $0.int(1, "num_groups") ?? 1, weight: $0.tensorIfGiven(2, "weight"),
                bias: $0.tensorIfGiven(3, "bias"), eps: $0.double(4, "eps") ?? 1e-5
            ).result
        },
        "nn.functional.batch_norm": { call in
            let input = try call.tensor(0, "input")
            let weight = try call.tensorIfGiven(3, "weight")
            let bias = try call.tensorIfGiven(4, "bias")
            let eps = try call.double(7, "eps") ?? 1e-5
            if try call.bool(5, "training") == true {
                return batchNorm(input, weight: weight, bias: bias, eps: eps).output.result
            }
            return try batchNorm(
                input, mean: call.tensor(1, "running_mean"), variance: call.tensor(2, "running_var"), weight: weight,
                bias: bias, eps: eps
            ).result
        },
        "nn.functional.embedding": {
            try embedding(
                $0.indices(1, "input"), $0.tensor(0, "weight"), paddingIndex: $0.int(2, "padding_idx"),
                scaledByFrequency: $0.bool(5, "scale_grad_by_freq") ?? false
            ).result
        },
        "nn.functional.one_hot": { call in
            let classes = try call.int(1, "num_classes").flatMap { $0 == -1 ? nil : $0 }
            return try call.indices(0, "input").oneHot(classes: classes).result
        },
        "nn.functional.pad.constant": {
            try $0.tensor(0, "input").padded($0.ints(1, "pad") ?? [], value: $0.float(3, "value") ?? 0).result
        },
        "nn.functional.normalize": {
            try $0.tensor(0, "input").normalized(
                p: $0.double(1, "p") ?? 2, axis: $0.int(2, "dim") ?? 1, eps: $0.float(3, "eps") ?? 1e-12
            ).result
        },
        "nn.functional.cosine_similarity": {
            try cosineSimilarity(
                $0.tensor(0, "x1"), $0.tensor(1, "x2"), axis: $0.int(2, "dim") ?? 1, eps: $0.float(3, "eps") ?? 1e-8
            ).result
        },
        "nn.functional.scaled_dot_product_attention": { call in
            var mask: AttentionMask<Float>?
            if call.has(3, "attn_mask") {
                if case .bool(let allowed) = try call.anyTensor(3, "attn_mask") {
                    mask = .allowing(allowed)
                } else {
                    mask = .adding(try call.tensor(3, "attn_mask"))
                }
            }
            return try scaledDotProductAttention(
                call.tensor(0, "query"), call.tensor(1, "key"), call.tensor(2, "value"), mask: mask,
                isCausal: call.bool(5, "is_causal") ?? false, scale: call.double(6, "scale"),
                groupsHeads: call.bool(7, "enable_gqa") ?? false
            ).result
        },
    ]
}

extension Call {
    /// One number for both axes of an image, or one for each; nil where there is none.
    fileprivate func size(_ position: Int, _ name: String) throws -> Size2D? {
        guard let numbers = try ints(position, name), let first = numbers.first else { return nil }
        return Size2D(first, numbers.last ?? first)
    }
}
