internal import LockstepTensor

extension Registry {
    /// Reductions, running sums and products, sorting.
    static let reductions: [String: Operator] = [
        "all": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.all(axes: $0, keepAxis: $1) }
        },
        "amax": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.amax(axes: $0, keepAxis: $1) }
        },
        "amin": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.amin(axes: $0, keepAxis: $1) }
        },
        "any": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.any(axes: $0, keepAxis: $1) }
        },
        "argmax": { call in
            let x = try call.tensor(0, "input")
            guard let axis = try call.int(1, "dim") else { return x.argmax().result }
            return x.argmax(axis: axis, keepAxis: try call.bool(2, "keepdim") ?? false).result
        },
        "argmin": { call in
            let x = try call.tensor(0, "input")
            guard let axis = try call.int(1, "dim") else { return x.argmin().result }
            return x.argmin(axis: axis, keepAxis: try call.bool(2, "keepdim") ?? false).result
        },
        "argsort": { call in
            let (axis, descending) = try call.order()
            return try call.tensor(0, "input").argsort(axis: axis, descending: descending).result
        },
        "cumprod": { try $0.tensor(0, "input").cumprod(axis: $0.axis(1)).result },
        "cumsum": { try $0.tensor(0, "input").cumsum(axis: $0.axis(1)).result },
        "logsumexp": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.logsumexp(axes: $0, keepAxis: $1) }
        },
        "max.reduction_no_dim": { try $0.tensor(0, "input").max().result },
        "max.reduction_with_dim": { call in
            let keepAxis = try call.bool(2, "keepdim") ?? false
            return both(try call.tensor(0, "input").max(axis: try call.axis(1), keepAxis: keepAxis))
        },
        "mean": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.mean(axes: $0, keepAxis: $1) }
        },
        "min.reduction_no_dim": { try $0.tensor(0, "input").min().result },
        "min.reduction_with_dim": { call in
            let keepAxis = try call.bool(2, "keepdim") ?? false
            return both(try call.tensor(0, "input").min(axis: try call.axis(1), keepAxis: keepAxis))
        },
        "norm": { call in
            let x = try call.tensor(0, "input")
            let p = try call.double(1, "p") ?? 2
            let keepAxis = try call.bool(3, "keepdim") ?? false
            return x.norm(p, axes: try call.ints(2, "dim") ?? [], keepAxis: keepAxis).result
        },
        "prod": { call in
            let x = try call.tensor(0, "input")
            guard let axis = try call.int(1, "dim") else { return x.prod().result }
            return x.prod(axis: axis, keepAxis: try call.bool(2, "keepdim") ?? false).result
        },
        "sort": { call in
            let (axis, descending) = try call.order()
            return both(try call.tensor(0, "input").sorted(axis: axis, descending: descending))
        },
        "std": { call in
            let x = try call.tensor(0, "input")
            return try call.spread { x.std(axes: $0, correction: $1, keepAxis: $2) }
        },
        "sum": { call in
            let x = try call.tensor(0, "input")
            return try call.reduce { x.sum(axes: $0, keepAxis: $1) }
        },
        "topk": { call in
            let x = try call.tensor(0, "input")
            guard let count = try call.int(1, "k") else { throw call.missing("k", "a whole number") }
            let axis = try call.int(2, "dim") ?? -1
            return both(x.topk(count, axis: axis, largest: try call.bool(3, "largest") ?? true))
        },
        "var": { call in
            let x = try call.tensor(0, "input")
            return try call.spread { x.var(axes: $0, correction: $1, keepAxis: $2) }
        },
    ]
}

/// The results of an operator that gives values and indices.
func both(_ results: (values: Tensor<Float>, indices: Tensor<Int64>)) -> [AnyTensor] {
    [.float32(results.values), .int64(results.indices)]
}

extension Call {
    /// The whole number at a position: an axis that must be there.
    func axis(_ position: Int, _ name: String = "dim") throws -> Int {
        guard let axis = try int(position, name) else { throw missing(name, "a whole number") }
        return axis
    }

    /// A reduction's result, from its axes (none for all) and whether it keeps them.
    func reduce(_ body: ([Int], Bool) -> Tensor<Float>) throws -> [AnyTensor] {
        body(try ints(1, "dim") ?? [], try bool(2, "keepdim") ?? false).result
    }

    func reduce(_ body: ([Int], Bool) -> Tensor<Bool>) throws -> [AnyTensor] {
        body(try ints(1, "dim") ?? [], try bool(2, "keepdim") ?? false).result
    }

    /// The axis and the direction of a sort. All sorts here are stable.
    fileprivate func order() throws -> (axis: Int, descending: Bool) {
        (try int(1, "dim") ?? -1, try bool(2, "descending") ?? false)
    }

    /// A variance or deviation, from axes, correction and whether axes are kept.
    fileprivate func spread(_ body: ([Int], Double, Bool) -> Tensor<Float>) throws -> [AnyTensor] {
        let unbiased = try bool(2, "unbiased").map { $0 ? 1.0 : 0.0 }
        let correction = try double(9, "correction") ?? unbiased ?? 1
        return body(try ints(1, "dim") ?? [], correction, try bool(3, "keepdim") ?? false).result
    }
}
