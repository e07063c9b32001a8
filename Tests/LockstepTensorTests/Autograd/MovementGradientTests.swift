import LockstepTensor
import Testing

/// Gradients of moved, picked, reduced and running elements against finite differences, for every layout.
@Suite struct MovementGradientTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var range: ClosedRange<Double> = -2...2
        /// Whether elements may be equal, as they are where a layout stretches them.
        var allowsEqual = true
        let apply: @Sendable (Tensor<Double>) -> Tensor<Double>
    }

    static let cases = [
        Case(testDescription: "flipped") { $0.flipped(axes: [0, -1]) },
        Case(testDescription: "rolled") { $0.rolled(by: 2, axis: -1) },
        Case(testDescription: "rolled, all") { $0.rolled(by: -3) },
        Case(testDescription: "repeated") { $0.repeated([2, 1, 3]) },
        Case(testDescription: "tiled") { $0.tiled([2]) },
        Case(testDescription: "moved axes") { $0.movedAxes(from: [0, 1], to: [1, -1]) },
        Case(testDescription: "split") { stacked($0.split(2, axis: 1).map { $0.sum(axis: 1) }) },
        Case(testDescription: "chunked") { concatenated($0.chunked(2).reversed()) },
        Case(testDescription: "unbound") {
            let rows = $0.unbound(); return rows[0] * rows[1] + rows[0]
        },
        Case(testDescription: "diagonal") { $0.diagonal(offset: 1, axes: 0, -1) },
        Case(testDescription: "diag") { $0[0].flattened().diag(1) },
        Case(testDescription: "trace") { $0[.all, 0].trace() * $0[.all, 1].trace() },
        Case(testDescription: "tril") { $0.tril(diagonal: -1) },
        Case(testDescription: "triu") { $0.triu() },
        Case(testDescription: "gathered") {
            $0.gathered(axis: 1, indices: Tensor([2, 0, 1, 1, 0, 2, 2, 2], shape: [2, 2, 2]))
        },
        Case(testDescription: "selected by indices") { $0.selected(axis: -1, indices: Tensor([3, 0, 3])) },
        Case(testDescription: "subscript by indices") { $0[Tensor<Int64>([-1, 0, 1, 0], shape: [2, 2])] },
        Case(testDescription: "selected by a mask") { $0.selected(where: Tensor([true, false, true, true])) },
        Case(testDescription: "rows by a mask") { $0[Tensor([false, true])] },
        Case(testDescription: "steps") { $0[.all, .slice(1), .slice(by: 2)] },
        Case(testDescription: "new axis") { $0[.ellipsis, .newAxis, 1...] },
        Case(testDescription: "sorted", allowsEqual: false) { $0.sorted(axis: 1, descending: true).values },
        Case(testDescription: "topk", allowsEqual: false) { $0.topk(2).values },
        Case(testDescription: "amax", allowsEqual: false) { $0.amax(axes: [0, -1]) },
        Case(testDescription: "amin, kept", allowsEqual: false) { $0.amin(axes: [1], keepAxis: true) },
        Case(testDescription: "prod") { $0.prod() },
        Case(testDescription: "prod, axis") { $0.prod(axis: 1) },
        Case(testDescription: "cumsum") { $0.cumsum(axis: 1) },
        Case(testDescription: "cumprod") { $0.cumprod(axis: -1) },
        Case(testDescription: "var") { $0.var(axes: [0, -1]) },
        Case(testDescription: "std", allowsEqual: false) { $0.std(axis: 1, correction: 0) },
        Case(testDescription: "norm") { $0.norm(axis: -1) },
        Case(testDescription: "norm 3") { $0.norm(3, axes: [0, 1], keepAxis: true) },
        Case(testDescription: "norm 0.5", range: 0.5...2) { $0.norm(0.5) },
        Case(testDescription: "norm infinity", allowsEqual: false) { $0.norm(.infinity, axis: 0) },
        Case(testDescription: "logsumexp") { $0.logsumexp(axes: [0, -1]) },
    ]

    @Test(arguments: cases) func unary(_ operation: Case) {
        let layouts = InputLayout.all.filter { operation.allowsEqual || $0.description != "broadcast" }
        checkGradients(
            of: operation.testDescription, shapes: [[2, 3, 4]], in: operation.range, layouts: layouts
        ) { operation.apply($0[0]) }
    }

    @Test func scatters() {
        let indices = Tensor<Int64>([1, 1, 0, 2], shape: [2, 2])
        checkGradients(of: "scatterAdding", shapes: [[2, 3], [2, 3]]) {
            $0[0].scatterAdding($0[1], axis: 1, indices: indices)
        }
        // Of several elements for one place only the last counts.
        let distinct = Tensor<Int64>([1, 0, 0, 2], shape: [2, 2])
        checkGradients(of: "scattering", shapes: [[2, 3], [2, 3]]) {
            $0[0].scattering($0[1], axis: 1, indices: distinct)
        }
    }

    @Test func assignments() {
        checkGradients(of: "slice", shapes: [[2, 3], [3]]) {
            var x = $0[0] * 2
            x[1] = $0[1]
            x[.all, .slice(by: 2)] = $0[0][.all, 1...] * 3
            return x
        }
        checkGradients(of: "mask", shapes: [[2, 3], [2]]) {
            var x = $0[0] * 2
            x[Tensor([true, false, false, false, true, false], shape: [2, 3])] = $0[1]
            return x
        }
    }

    @Test func products() {
        checkGradients(of: "outer", shapes: [[3], [4]]) { $0[0].outer($0[1]) }
        checkGradients(of: "flipped operands", shapes: [[2, 3], [3, 2]]) {
            $0[0].flipped(axes: [1]).mm($0[1].flipped(axes: [0]))
        }
    }

    @Test func operationsHavePyTorchsNames() {
        let x = Tensor<Float>([1, 2, 3, 4], shape: [2, 2], requiresGrad: true)
        let names = [
            (x.max(), "MaxBackward1"), (x.amax(), "AmaxBackward0"), (x.min(axis: 0).values, "MinBackward0"),
            (x.sorted().values, "SortBackward0"), (x.topk(1).values, "TopkBackward0"),
            (x.cumsum(axis: 0), "CumsumBackward0"),
            (x.flipped(axes: [0]), "FlipBackward0"), (x.rolled(by: 1, axis: 0), "RollBackward0"),
            (x.selected(axis: 0, indices: Tensor([1])), "IndexSelectBackward0"), (x.diagonal(), "DiagonalBackward0"),
            (x.std(), "StdBackward0"), (x.var(), "VarBackward0"), (x.prod(axis: 0), "ProdBackward1"),
            (x.logsumexp(axis: 0), "LogsumexpBackward0"), (x.tril(), "TrilBackward0"), (x.trace(), "TraceBackward0"),
            (x.selected(axis: 0, index: 0), "SelectBackward0"), (x.norm(), "LinalgVectorNormBackward0"),
        ]
        for (tensor, name) in names { #expect(tensor.gradientFunctionName == name) }
        #expect(x.rolled(by: 0, axis: 0).gradientFunctionName == nil)
    }

    @Test func savedIndicesAreDroppedAfterBackward() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let y = Tensor<Float>.ones([3]).requiringGrad().gathered(axis: 0, indices: Tensor([0])).sum()
            y.backward()
            y.backward()
        }
        #expect(said("Trying to backward through the graph a second time", result))
    }
}
