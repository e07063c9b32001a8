internal import LockstepTensor

extension Registry {
    /// Shapes, indices, and products of matrices.
    static let movement: [String: Operator] = [
        "broadcast_to": { try $0.tensor(0, "input").expanded(to: $0.intsFrom(1, "size")).result },
        "cat": { call in
            // `cat([a, b], 1)`, or `cat` with the tensors as its input.
            concatenated(try call.tensors(0, "tensors"), axis: try call.int(1, "dim") ?? 0).result
        },
        "chunk": { call in
            let count = try call.axis(1, "chunks")
            return try call.tensor(0, "input").chunked(count, axis: try call.int(2, "dim") ?? 0).map { .float32($0) }
        },
        "diag": { try $0.tensor(0, "input").diag($0.int(1, "diagonal") ?? 0).result },
        "diagonal": { call in
            let (first, second) = (try call.int(2, "dim1") ?? 0, try call.int(3, "dim2") ?? 1)
            return try call.tensor(0, "input")
                .diagonal(offset: try call.int(1, "offset") ?? 0, axes: first, second).result
        },
        "expand": { try $0.tensor(0, "input").expanded(to: $0.intsFrom(1, "size")).result },
        "flatten": { call in
            let (first, last) = (try call.int(1, "start_dim") ?? 0, try call.int(2, "end_dim") ?? -1)
            return try call.tensor(0, "input").flattened(from: first, through: last).result
        },
        "flip": { try $0.tensor(0, "input").flipped(axes: $0.intsFrom(1, "dims")).result },
        "gather": { call in
            try call.tensor(0, "input").gathered(axis: call.axis(1), indices: call.places(2, "index")).result
        },
        "index_select": { call in
            try call.tensor(0, "input").selected(axis: call.axis(1), indices: call.places(2, "index")).result
        },
        "masked_fill": { call in
            let (x, mask) = (try call.tensor(0, "input"), try call.mask(1, "mask"))
            if call.isTensor(2, "value") {
                return x.replacing(with: try call.tensor(2, "value"), where: mask).result
            }
            guard let value = try call.float(2, "value") else { throw call.missing("value", "a number") }
            return x.replacing(with: value, where: mask).result
        },
        "masked_select": { try $0.tensor(0, "input").selected(where: $0.mask(1, "mask")).result },
        "movedim": { call in
            let (source, destination) = (try call.ints(1, "source"), try call.ints(2, "destination"))
            return try call.tensor(0, "input").movedAxes(from: source ?? [], to: destination ?? []).result
        },
        "narrow": { call in
            let start =
                call.isTensor(2, "start") ? Int(try call.indices(2, "start").item()) : try call.axis(2, "start")
            let count = try call.axis(3, "length")
            return try call.tensor(0, "input").narrowed(axis: call.axis(1), start: start, count: count).result
        },
        "permute": { try $0.tensor(0, "input").permuted($0.intsFrom(1, "dims")).result },
        "repeat": { try $0.tensor(0, "input").repeated($0.intsFrom(1, "repeats")).result },
        "reshape": { try $0.tensor(0, "input").reshaped(to: $0.intsFrom(1, "shape")).result },
        "roll": { call in
            let (x, shifts) = (try call.tensor(0, "input"), try call.ints(1, "shifts") ?? [])
            guard let axes = try call.ints(2, "dims") else { return x.rolled(by: shifts[0]).result }
            return x.rolled(by: shifts, axes: axes).result
        },
        "scatter_add": { call in
            let (x, source) = (try call.tensor(0, "input"), try call.tensor(3, "src"))
            return x.scatterAdding(source, axis: try call.axis(1), indices: try call.places(2, "index")).result
        },
        "select": { try $0.tensor(0, "input").selected(axis: $0.axis(1), index: $0.axis(2, "index")).result },
        "split": { call in
            let (x, axis) = (try call.tensor(0, "input"), try call.int(2, "dim") ?? 0)
            guard case .list? = call.argument(1, "split_size_or_sections") else {
                return x.split(try call.axis(1, "split_size_or_sections"), axis: axis).map { .float32($0) }
            }
            return x.split(try call.ints(1, "split_size_or_sections") ?? [], axis: axis).map { .float32($0) }
        },
        "squeeze": { call in
            let x = try call.tensor(0, "input")
            return (try call.int(1, "dim").map { x.squeezed(axis: $0) } ?? x.squeezed()).result
        },
        "stack": { stacked(try $0.tensors(0, "tensors"), axis: try $0.int(1, "dim") ?? 0).result },
        "t": { try $0.tensor(0, "input").t.result },
        "tile": { try $0.tensor(0, "input").tiled($0.intsFrom(1, "dims")).result },
        "trace": { try $0.tensor(0, "input").trace().result },
        "transpose": { try $0.tensor(0, "input").transposed($0.axis(1, "dim0"), $0.axis(2, "dim1")).result },
        "tril": { try $0.tensor(0, "input").tril(diagonal: $0.int(1, "diagonal") ?? 0).result },
        "triu": { try $0.tensor(0, "input").triu(diagonal: $0.int(1, "diagonal") ?? 0).result },
        "unbind": { try $0.tensor(0, "input").unbound(axis: $0.int(1, "dim") ?? 0).map { .float32($0) } },
        "unsqueeze": { try $0.tensor(0, "input").unsqueezed(axis: $0.axis(1)).result },
        "view": { try $0.tensor(0, "input").reshaped(to: $0.intsFrom(1, "size")).result },
    ]

    /// Products of vectors and matrices.
    static let products: [String: Operator] = [
        "bmm": { try $0.tensor(0, "input").bmm($0.tensor(1, "mat2")).result },
        "dot": { try $0.tensor(0, "input").dot($0.tensor(1, "tensor")).result },
        "matmul": { try $0.tensor(0, "input").matmul($0.tensor(1, "other")).result },
        "mm": { try $0.tensor(0, "input").mm($0.tensor(1, "mat2")).result },
        "mv": { try $0.tensor(0, "input").mv($0.tensor(1, "vec")).result },
        "outer": { try $0.tensor(0, "input").outer($0.tensor(1, "vec2")).result },
    ]
}

extension Call {
    /// An argument that is a tensor of indices of any integer type.
    fileprivate func places(_ position: Int, _ name: String) throws -> Tensor<Int64> {
        switch try anyTensor(position, name) {
        case .int64(let tensor): tensor
        case .int32(let tensor): Tensor(converting: tensor)
        case .uint8(let tensor): Tensor(converting: tensor)
        default: throw missing(name, "a tensor of whole numbers")
        }
    }
}
