import LockstepTensor
import Testing

/// Reductions of whole numbers and truth values, products, running sums, variances and norms; figures are those of PyTorch 2.15.
@Suite struct StatisticsTests {
    static let x = Tensor<Int32>([3, 1, 2, -4, 9, 0], shape: [2, 3])

    @Test func wholeNumbers() {
        let x = Self.x
        #expect(x.sum() == Tensor<Int64>(11) && x.sum(axis: 0) == Tensor([-1, 10, 2]))
        #expect(x.t.sum(axes: [0], keepAxis: true) == Tensor([6, 5], shape: [1, 2]))
        #expect(x.prod(axis: 1) == Tensor([6, 0]) && x.prod().item() == 0)
        #expect(x.cumsum(axis: 1) == Tensor([3, 4, 6, -4, 5, 5], shape: [2, 3]))
        #expect(x.cumprod(axis: 0) == Tensor([3, 1, 2, -12, 9, 0], shape: [2, 3]))
        #expect(x.max().item() == 9 && x.max(axis: 0).values == Tensor([3, 9, 2]))
        #expect(x.amin(axes: [1]) == Tensor([1, -4]) && x.argmin(axis: 1) == Tensor([1, 0]))
        #expect(Tensor<UInt8>([200, 100]).sum().item() == 300)
        let flags = Tensor([true, false, true])
        #expect(flags.sum().item() == 2 && flags.prod().item() == 0 && flags.cumsum(axis: 0) == Tensor([1, 1, 2]))
    }

    @Test func truth() {
        let x = Self.x
        #expect(x.all(axis: 1) == Tensor([true, false]) && x.any().item() && !x.all().item())
        #expect(x.t.all(axes: [0], keepAxis: true) == Tensor([true, false], shape: [1, 2]))
        #expect(Tensor<Float>.zeros([0]).all().item() && !Tensor<Float>.zeros([0]).any().item())
        #expect(Tensor<Float>.zeros([2, 0]).any(axis: 1) == Tensor([false, false]))
        #expect(Tensor<Float>([.nan, 0]).any().item() && Tensor<Double>([.nan, -1]).all().item())
    }

    @Test func productsAndScans() {
        let x = Tensor<Float>([2, 0, 3, 0], shape: [4], requiresGrad: true)
        x.cumprod(axis: 0).backward(gradient: Tensor([1, 2, 3, 4]))
        #expect(x.gradient == Tensor([1, 22, 0, 0]))
        x.gradient = nil
        x[..<3].prod().backward()
        #expect(x.gradient == Tensor([0, 6, 0, 0]))
        #expect(Tensor<Float>.zeros([0]).prod().item() == 1 && Tensor<Float>.zeros([2, 0]).prod(axis: 1) == .ones([2]))
        #expect(Tensor<Float>(3).cumsum(axis: 0).item() == 3 && Tensor<Float>.zeros([0]).cumprod(axis: 0).shape == [0])
        // One addition after another in Float would stop growing at 2²⁴.
        let long = Tensor<Float>.ones([1 << 24 + 100]).cumsum(axis: 0)
        #expect(long[-1].item() == Float(1 << 24 + 100))
    }

    @Test func spread() {
        let x = Tensor<Float>([1, 2, 4, 8], shape: [2, 2])
        #expect(x.var().isClose(to: Tensor(9.583333)) && x.var(correction: 0).isClose(to: Tensor(7.1875)))
        #expect(x.var(axis: 0) == Tensor([4.5, 18]) && x.std(axis: 1, keepAxis: true).shape == [2, 1])
        #expect(x.std(axes: [0, 1], correction: 0).isClose(to: Tensor(2.680951)))
        #expect(Tensor<Float>([1, 3]).var(correction: 2).item() == .infinity && Tensor<Float>([1]).var().item().isNaN)
        let equal = Tensor<Float>.ones([3]).requiringGrad()
        equal.std().backward()
        #expect(equal.gradient == .zeros([3]))
    }

    @Test(
        arguments: [
            (0, 2, [0, 0, 0]), (0.5, 8, [0, 2, -2]), (1, 4, [0, 1, -1]), (1.5, 3.1748021, [0, 0.7937005, -0.7937005]),
            (2, 2.828427, [0, 0.70710677, -0.70710677]), (3, 2.519842, [0, 0.62996054, -0.62996054]),
            (-1, 0, [0, 0, 0]),
            (.infinity, 2, [0, 0.5, -0.5]), (-.infinity, 0, [0, 0, 0]),
        ] as [(Double, Float, [Float])])
    func norms(_ p: Double, _ norm: Float, _ gradient: [Float]) {
        let x = Tensor<Float>([0, 2, -2], shape: [3], requiresGrad: true)
        let result = x.norm(p)
        result.backward()
        #expect(result.isClose(to: Tensor(norm)) && x.gradient?.isClose(to: Tensor(gradient)) == true)
        #expect(x.reshaped(to: [3, 1]).norm(p, axis: 0).isClose(to: Tensor([norm])))
    }

    @Test func normOfZeroHasGradientZero() {
        let x = Tensor<Float>.zeros([3]).requiringGrad()
        (x.norm() + x.norm(3)).backward()
        #expect(x.gradient == .zeros([3]))
    }

    @Test func logsumexp() {
        let x = Tensor<Float>([1000, 1000, -1000, -1001], shape: [2, 2])
        #expect(x.logsumexp(axis: 1).isClose(to: Tensor([1000.6931, -999.68674])))
        #expect(x.logsumexp(axes: [], keepAxis: true).shape == [1, 1])
        #expect(Tensor<Float>([-.infinity, -.infinity]).logsumexp(axis: 0).item() == -.infinity)
        #expect(Tensor<Float>([.infinity, 1]).logsumexp(axis: 0).item() == .infinity)
        #expect(Tensor<Float>.zeros([2, 0]).logsumexp(axis: 1) == .full([2], -.infinity))
    }

    @Test func products() {
        let (a, b) = (Tensor<Float>([1, 2, 3, 4], shape: [2, 2]), Tensor<Float>([5, 6]))
        #expect(a.mm(a) == Tensor([7, 10, 15, 22], shape: [2, 2]) && a.mv(b) == Tensor([17, 39]))
        #expect(b.dot(b).item() == 61 && b.outer(b) == Tensor([25, 30, 30, 36], shape: [2, 2]))
        #expect(a.unsqueezed(axis: 0).bmm(a.unsqueezed(axis: 0))[0] == a.mm(a))
        #expect(a.flipped(axes: [0]).mm(a.flipped(axes: [1])) == Tensor([22, 15, 10, 7], shape: [2, 2]))
    }

    /// Lengths around those of vectors, with the extremum at every place.
    @Test func extremaOfEveryLength() {
        for count in [1, 2, 15, 16, 17, 63, 64, 65, 130] {
            for place in 0..<count {
                var x = Tensor<Float>((0..<count).map { Float($0 % 7) + 1 })
                x[place] = 50
                #expect(x.amax().item() == 50 && (-x).amin().item() == -50)
                x[place] = Tensor(.nan)
                #expect(x.amax().item().isNaN && x.amin().item().isNaN && x.argmax().item() == place)
            }
        }
        #expect(
            Tensor<Double>([-.infinity]).amax().item() == -.infinity && Tensor<Int64>([-5, -3]).amax().item() == -3)
    }

    @Test func nanSharesTheGradientOfAnExtremum() {
        let x = Tensor<Float>([1, .nan, .nan], shape: [3], requiresGrad: true)
        x.max().backward()
        #expect(x.gradient == Tensor([0, 0.5, 0.5]))
    }
}
