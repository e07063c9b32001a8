import FixtureReader
import LockstepTensor
import Testing

/// What PyTorch makes of the same inputs, made by scripts/fixtures/make_functions.py.
private let fixture = Result { try Fixture("functions.txt", in: .module) }

/// One case of that script.
private struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    var range: ClosedRange<Float> = -2...2
    let call: @Sendable ([Tensor<Float>]) -> [AnyTensor]

    var testDescription: String { name }

    init(
        _ name: String, _ shapes: [[Int]], in range: ClosedRange<Float> = -2...2,
        _ call: @escaping @Sendable ([Tensor<Float>]) -> [AnyTensor]
    ) {
        (self.name, self.shapes, self.range, self.call) = (name, shapes, range, call)
    }

    /// One output.
    init(
        _ name: String, _ shapes: [[Int]], in range: ClosedRange<Float> = -2...2,
        _ call: @escaping @Sendable ([Tensor<Float>]) -> Tensor<Float>
    ) {
        self.init(name, shapes, in: range) { [.float32(call($0))] as [AnyTensor] }
    }

    /// Several outputs.
    init(
        _ name: String, _ shapes: [[Int]], in range: ClosedRange<Float> = -2...2,
        _ call: @escaping @Sendable ([Tensor<Float>]) -> [Tensor<Float>]
    ) {
        self.init(name, shapes, in: range) { call($0).map(AnyTensor.float32) as [AnyTensor] }
    }
}

private func any(_ values: Tensor<Float>, _ indices: Tensor<Int64>) -> [AnyTensor] {
    [.float32(values), .int64(indices)]
}
private func whole(_ x: Tensor<Float>) -> Tensor<Int64> { (x * 3).to(Int64.self) }
private func sign(_ x: Tensor<Float>) -> Tensor<Float> { x.detached().sign() }

private let indices = Tensor<Int64>([2, 0, 2])
private let places = [Tensor<Int64>([0, -1], shape: [2, 1]), Tensor<Int64>([2, 1])]

private let elementwise = [
    Case("asin", [[2, 5]], in: -1...1) { $0[0].asin() },
    Case("acos", [[2, 5]], in: -1...1) { $0[0].acos() },
    Case("atanh", [[2, 5]], in: -1...1) { $0[0].atanh() },
    Case("erfinv", [[2, 5]], in: -1...1) { $0[0].erfinv() },
    Case("atan", [[2, 5]]) { $0[0].atan() },
    Case("asinh", [[2, 5]]) { $0[0].asinh() },
    Case("acosh", [[2, 5]], in: 1...4) { $0[0].acosh() },
    Case("exp2", [[2, 5]]) { $0[0].exp2() },
    Case("erfc", [[2, 5]]) { $0[0].erfc() },
    Case("frac", [[2, 5]]) { $0[0].frac() },
    Case("deg2rad", [[2, 5]]) { $0[0].deg2rad() },
    Case("rad2deg", [[2, 5]]) { $0[0].rad2deg() },
    Case("logit", [[2, 5]], in: 0...1) { $0[0].logit() },
    Case("logit_eps", [[2, 5]], in: 0...1) { $0[0].logit(eps: 0.2) },
    Case("atan2", [[2, 3], [3]]) { $0[0].atan2($0[1]) },
    Case("hypot", [[2, 3], [3]]) { $0[0].hypot($0[1]) },
    Case("fmod", [[2, 3], [3]]) { $0[0].fmod($0[1]) },
    Case("copysign", [[2, 3], [3]]) { $0[0].copysign($0[1]) },
    Case("addcmul", [[2, 3], [3], [1, 3]]) { $0[0].addcmul($0[1], $0[2]) },
    Case("addcdiv", [[2, 3], [3], [1, 3]]) { $0[0].addcdiv($0[1], $0[2]) },
    Case("xlogy", [[2, 3], [3]], in: 0...2) { $0[0].xlogy($0[1]) },
    Case("heaviside", [[2, 3], [3]]) { $0[0].round().heaviside($0[1]) },
    Case("nan_to_num", [[2, 4]]) {
        ($0[0] / Tensor<Float>(converting: $0[0] .> 0)).nanToNum(positiveInfinity: 3)
    },
    Case("isclose", [[4, 4]]) {
        [.bool($0[0].isclose($0[0] * (1 + 2e-5 * Tensor<Float>(converting: $0[0] .> 0))))] as [AnyTensor]
    },
    Case("shrink", [[3, 4]]) {
        [$0[0].hardshrink(), $0[0].softshrink(0.3), $0[0].celu(alpha: 1.5), $0[0].softmin(axis: 1)]
    },
]

private let indexing = [
    Case("index_add", [[4, 3], [4, 3]]) { $0[0].indexAdding($0[1], axis: 1, indices: indices) },
    Case("index_copy", [[4, 3], [2, 3]]) { $0[0].indexCopying($0[1], axis: 0, indices: indices[0..<2]) },
    Case("index_fill", [[4, 3]]) { $0[0].indexFilling(7, axis: -1, indices: indices) },
    Case("take", [[4, 3]]) { $0[0].taken(Tensor([0, 11, -2, 5], shape: [2, 2])) },
    Case("take_along_dim", [[4, 3]]) { $0[0].takenAlong(axis: 1, indices: $0[0].argsort(axis: 1)[0..<1]) },
    Case("index_put", [[4, 3, 2], [2, 2, 2]]) { $0[0].indexPutting($0[1], at: places) },
    Case("picked", [[4, 3, 2]]) { $0[0].picked(at: places) },
    Case("repeat_interleave", [[2, 3]]) { $0[0].repeatedInterleaving(2, axis: 1) },
    Case("repeat_interleave_counts", [[2, 3]]) { $0[0].repeatedInterleaving(Tensor([2, 0, 1]), axis: 1) },
    Case("unique", [[3, 6]]) {
        let (values, inverse, counts) = whole($0[0]).unique()
        return [.int64(values), .int64(inverse), .int64(counts)] as [AnyTensor]
    },
    Case("unique_consecutive", [[3, 6]]) {
        let (values, inverse, counts) = whole($0[0] / 3).uniqueConsecutive()
        return [.int64(values), .int64(inverse), .int64(counts)] as [AnyTensor]
    },
    Case("isin", [[3, 6]]) { [.bool(whole($0[0]).isin(Tensor([1, 3])))] as [AnyTensor] },
    Case("searchsorted", [[2, 5], [2, 4]]) {
        [.int64($0[0].sorted().values.searchsorted($0[1]))] as [AnyTensor]
    },
    Case("searchsorted_right", [[5], [2, 4]]) {
        [.int64($0[0].round().sorted().values.searchsorted($0[1].round(), right: true))] as [AnyTensor]
    },
    Case("count_nonzero", [[3, 6]]) {
        [.int64(whole($0[0]).countNonzero()), .int64(whole($0[0]).countNonzero(axes: [1]))] as [AnyTensor]
    },
    Case("bincount", [[9]]) { [.int64(whole($0[0].abs()).bincount(minimumLength: 8))] as [AnyTensor] },
    Case("bincount_weights", [[9]]) { whole($0[0].abs()).bincount(weights: $0[0]) },
    Case("histc", [[20]]) { [$0[0].histc(bins: 5), $0[0].histc(bins: 4, min: -1, max: 1)] },
    Case("kthvalue", [[3, 5]]) {
        let (values, indices) = $0[0].kthvalue(2, axis: 1)
        return any(values, indices)
    },
    Case("median", [[3, 4]]) {
        let (values, indices) = $0[0].median(axis: 0, keepAxis: true)
        return [.float32($0[0].median())] + any(values, indices)
    },
    Case("aminmax", [[3, 4]]) {
        let (least, most) = $0[0].aminmax(axis: 1)
        return [least, most]
    },
    Case("cummax", [[3, 6]]) {
        let (values, indices) = $0[0].cummax(axis: 1)
        return any(values, indices)
    },
    Case("cummin", [[3, 6]]) {
        let (values, indices) = $0[0].cummin(axis: 0)
        return any(values, indices)
    },
]

private let reductions = [
    Case("quantile", [[3, 5]]) {
        [$0[0].quantile(0.3), $0[0].quantile(0.9, axis: 0), $0[0].quantile(1, axis: 1, keepAxis: true)]
    },
    Case("logcumsumexp", [[3, 4]]) { $0[0].logcumsumexp(axis: 1) },
    Case("nansum", [[3, 4]]) {
        let marked = ($0[0] / Tensor<Float>(converting: $0[0] .> -1))
        return [marked.nanToNum(positiveInfinity: .nan, negativeInfinity: .nan).nansum(), $0[0].nanmean(axes: [1])]
    },
    Case("std_mean", [[3, 4]]) {
        let (one, two) = ($0[0].stdMean(axes: [1]), $0[0].varMean(correction: 0))
        return [one.std, one.mean, two.variance, two.mean]
    },
    Case("diff", [[3, 5]]) { [$0[0].diff(), $0[0].diff(order: 2, axis: 0)] },
    Case("trapezoid", [[3, 5]]) { [$0[0].trapezoid(), $0[0].trapezoid(spacing: 0.5, axis: 0)] },
    Case("cdist", [[2, 3, 4], [5, 4]]) { cdist($0[0], $0[1]) },
    Case("cdist_1", [[3, 4], [5, 4]]) { cdist($0[0], $0[1], p: 1) },
    Case("pairwise_distance", [[3, 4], [3, 4]]) { pairwiseDistance($0[0], $0[1]) },
    Case("dist", [[3, 4], [4]]) { $0[0].dist($0[1], p: 3) },
    Case("cross", [[4, 3], [1, 3]]) { $0[0].cross($0[1]) },
    Case("cov", [[3, 5], [5]]) { [$0[0].cov(), $0[1].cov(correction: 0)] },
    Case("corrcoef", [[3, 5]]) { $0[0].corrcoef() },
]

private let arrangements = [
    Case("meshgrid", [[2], [3]]) { meshgrid([$0[0], $0[1]]) + meshgrid([$0[0], $0[1]], isXY: true) },
    Case("cartesian_prod", [[2], [3]]) { cartesianProduct($0) },
    Case("block_diag", [[2, 1], [3], []]) { blockDiagonal($0) },
    Case("logspace", [[]]) { _ in [.logspace(-1, 2, steps: 5), .eye(2, 3), .eye(2)] },
    Case("vander", [[4]]) { [$0[0].vander(), $0[0].vander(columns: 3, increasing: true)] },
    Case("tril_indices", [[]]) { _ in
        [.int64(.trilIndices(3, 4, offset: -1)), .int64(.triuIndices(3, 4, offset: 1))] as [AnyTensor]
    },
    Case("diag_embed", [[2, 3]]) { [$0[0].diagEmbed(), $0[0].diagEmbed(offset: 1), $0[0].diagEmbed(offset: -2)] },
    Case("turns", [[2, 3]]) { [$0[0].fliplr(), $0[0].flipud(), $0[0].rot90(), $0[0].rot90(2), $0[0].rot90(-1)] },
    Case("unflatten", [[2, 6]]) { $0[0].unflattened(axis: 1, sizes: [-1, 2]) },
    Case("tensor_split", [[2, 7]]) { $0[0].tensorSplit(3, axis: 1) },
    Case("windows", [[2, 7]]) { $0[0].windows(axis: 1, size: 3, step: 2) },
    Case("stacks", [[2], [2]]) { [hstack($0), vstack($0), dstack($0)] },
]

private let products = [
    Case("einsum_batches", [[2, 3, 4], [2, 4, 5]]) { einsum("bij,bjk->bik", $0[0], $0[1]) },
    Case("einsum_ellipsis", [[2, 3, 4], [4, 5]]) { einsum("...ij,jk->...ki", $0[0], $0[1]) },
    Case("einsum_three", [[2, 3], [3, 4], [4]]) { einsum("ij, jk, k -> i", $0) },
    Case("einsum_trace", [[3, 3]]) { [einsum("ii", $0[0]), einsum("ii->i", $0[0]), einsum("ji", $0[0])] },
    Case("einsum_sums", [[2, 3], [4, 3]]) { einsum("ij,kj->k", $0[0], $0[1]) },
    Case("tensordot", [[2, 3, 4], [3, 4, 5]]) {
        [tensordot($0[0], $0[1]), tensordot($0[0], $0[1], axes: [1], [0])]
    },
    Case("products", [[3], [3], [2, 3]]) {
        [$0[2].inner($0[0]), $0[0].kron($0[2]), addr($0[2][.all, 0..<1], $0[0][0..<2], $0[1], beta: 2, alpha: 3)]
    },
    Case("baddbmm", [[2, 1, 4], [2, 3, 5], [2, 5, 4]]) { baddbmm($0[0], $0[1], $0[2], beta: 0.5, alpha: 2) },
    Case("addmv", [[2], [2, 3], [3]]) { addmv($0[0], $0[1], $0[2]) },
    Case("matmul_whole", [[2, 3], [4, 3, 2]]) {
        let (a, b) = (whole($0[0]), whole($0[1]))
        return [.int64(a.matmul(b)), .int64(a.matmul(b[0, .all, 0])), .int64(a[0].matmul(b))] as [AnyTensor]
    },
]

private let network = [
    Case("adaptive_pools_1d", [[2, 3, 7]]) {
        [adaptiveAvgPool1d($0[0], size: 3), adaptiveMaxPool1d($0[0], size: 4)]
    },
    Case("interpolate_nearest", [[2, 2, 3, 4]]) {
        [interpolate($0[0], size: [5, 3]), interpolate($0[0], scale: 1.7)]
    },
    Case("interpolate_nearest-exact", [[2, 2, 3, 4]]) {
        [interpolate($0[0], size: [5, 3], mode: .nearestExact), interpolate($0[0], scale: 1.7, mode: .nearestExact)]
    },
    Case("interpolate_bilinear", [[2, 2, 3, 4]]) {
        [interpolate($0[0], size: [5, 3], mode: .linear), interpolate($0[0], scale: 1.7, mode: .linear)]
    },
    Case("interpolate_bicubic", [[2, 2, 3, 4]]) {
        [interpolate($0[0], size: [5, 3], mode: .cubic), interpolate($0[0], scale: 1.7, mode: .cubic)]
    },
    Case("interpolate_corners", [[1, 2, 3, 4]]) {
        [
            interpolate($0[0], size: [5, 7], mode: .linear, alignsCorners: true),
            interpolate($0[0], size: [2, 9], mode: .cubic, alignsCorners: true),
        ]
    },
    Case("interpolate_linear", [[2, 2, 5]]) { interpolate($0[0], size: [8], mode: .linear) },
    Case("pixel_shuffle", [[2, 8, 2, 3]]) { [$0[0].pixelShuffled(2), $0[0].pixelShuffled(2).pixelUnshuffled(2)] },
    Case("unfold", [[2, 3, 5, 6]]) {
        unfold(
            $0[0], kernel: Size2D(2, 3), stride: Size2D(1, 2), padding: Size2D(1, 0), dilation: Size2D(2, 1))
    },
    Case("fold", [[2, 12, 12]]) { fold($0[0], size: Size2D(4, 5), kernel: 2) },
    Case("fold_padded", [[6, 6]]) {
        fold($0[0], size: Size2D(3, 4), kernel: Size2D(3, 2), stride: 2, padding: 1)
    },
    Case("conv_transpose1d", [[2, 4, 5], [4, 3, 3], [6]]) {
        convTranspose1d($0[0], $0[1], $0[2], stride: 2, padding: 1, outputPadding: 1, groups: 2)
    },
    Case("conv3d", [[2, 4, 5, 4, 3], [6, 2, 3, 2, 2], [6]]) {
        conv3d(
            $0[0], $0[1], $0[2], stride: Size3D(2, 1, 1), padding: Size3D(1, 0, 1), dilation: Size3D(1, 2, 1),
            groups: 2)
    },
    Case("instance_norm", [[2, 3, 4, 2], [3], [3]]) { instanceNorm($0[0], weight: $0[1], bias: $0[2]) },
    Case("cosine_embedding_loss", [[4, 3], [4, 3], [4]]) {
        cosineEmbeddingLoss($0[0], $0[1], target: sign($0[2]), margin: 0.2)
    },
    Case("margin_ranking_loss", [[4], [4], [4]]) {
        marginRankingLoss($0[0], $0[1], target: sign($0[2]), margin: 0.5)
    },
    Case("triplet_margin_loss", [[4, 3], [4, 3], [4, 3]]) {
        [
            tripletMarginLoss(anchor: $0[0], positive: $0[1], negative: $0[2]),
            tripletMarginLoss(
                anchor: $0[0], positive: $0[1], negative: $0[2], p: 1, swaps: true, reduction: .none),
        ]
    },
    Case("hinge_embedding_loss", [[4, 3], [4, 3]]) { hingeEmbeddingLoss($0[0], target: sign($0[1])) },
    Case("soft_margin_loss", [[4, 3], [4, 3]]) { softMarginLoss($0[0], target: sign($0[1]), reduction: .sum) },
    Case("poisson_nll_loss", [[4, 3], [4, 3]], in: 0.1...4) {
        [poissonNLLLoss($0[0], $0[1]), poissonNLLLoss($0[0], $0[1], logInput: false, full: true)]
    },
    Case("gaussian_nll_loss", [[4, 3], [4, 3], [4, 1]], in: 0.1...4) {
        gaussianNLLLoss($0[0], $0[1], variance: $0[2], full: true)
    },
]

@Suite struct FunctionFigureTests {
    @Test(arguments: elementwise) private func elementByElement(_ each: Case) throws { try check(each) }
    @Test(arguments: indexing) private func byIndex(_ each: Case) throws { try check(each) }
    @Test(arguments: reductions) private func reducing(_ each: Case) throws { try check(each) }
    @Test(arguments: arrangements) private func arranging(_ each: Case) throws { try check(each) }
    @Test(arguments: products) private func multiplying(_ each: Case) throws { try check(each) }
    @Test(arguments: network) private func inNetworks(_ each: Case) throws { try check(each) }

    @Test func everyCaseOfTheScriptIsHere() throws {
        let all = elementwise + indexing + reductions + arrangements + products + network
        let names = Set(try fixture.get().names.map { String($0.prefix { $0 != "/" }) })
        #expect(names == Set(all.map(\.name)))
    }

    private func check(_ each: Case) throws {
        let fixture = try fixture.get()
        let names = Set(fixture.names)
        manualSeed(1)
        let inputs = each.shapes.map {
            Tensor<Float>.uniform($0, from: each.range.lowerBound, to: each.range.upperBound).requiringGrad()
        }
        var loss = Tensor<Float>(0)
        for (place, output) in each.call(inputs).enumerated() {
            #expect(output.shape.map(Int64.init) == fixture.integers("\(each.name)/shape/\(place)"), "output \(place)")
            let record = "\(each.name)/output/\(place)"
            guard case .float32(let floats) = output else {
                #expect(output.to(Int64.self).scalars == fixture.integers(record), "output \(place)")
                continue
            }
            #expect(areClose(floats.scalars, fixture.floats(record)), "output \(place): \(floats)")
            if floats.requiresGrad {
                loss = loss + (floats * .uniform(floats.shape, from: -1, to: 1)).sum()
            }
        }
        if loss.requiresGrad { loss.backward() }
        for (place, input) in inputs.enumerated() {
            let record = "\(each.name)/gradient/\(place)"
            guard names.contains(record) else { continue }
            let gradient = (input.gradient ?? .zerosLike(input)).scalars
            #expect(areClose(gradient, fixture.floats(record)), "gradient \(place): \(gradient)")
        }
    }

    private func areClose(_ ours: [Float], _ theirs: [Float]) -> Bool {
        ours.count == theirs.count
            && zip(ours, theirs).allSatisfy { one, other in
                one == other || (one.isNaN && other.isNaN) || abs(one - other) <= 5e-6 * max(1, abs(other))
            }
    }
}
