import LockstepTensor
import Testing

/// Values compared with those that PyTorch 2.15 prints, and rules about broadcasting and special values.
@Suite struct ElementwiseTests {
    static let x = Tensor<Float>([-3, -1.5, -0.5, 0, 0.25, 1, 2, 10])
    static let y = Tensor<Float>([0.1, 0.5, 1, 2, 7, 1000])

    @Test func unaryFunctions() {
        let x = Self.x
        #expect(
            x.exp().isClose(
                to: Tensor([0.04978707, 0.2231302, 0.6065307, 1, 1.284025, 2.718282, 7.389056, 22026.46]),
                tolerance: 1e-6))
        #expect(
            x.sigmoid().isClose(
                to: Tensor([0.04742587, 0.1824255, 0.3775407, 0.5, 0.5621765, 0.7310586, 0.880797, 0.9999546]),
                tolerance: 1e-6))
        #expect(
            x.tanh().isClose(
                to: Tensor([-0.9950548, -0.9051483, -0.4621172, 0, 0.2449187, 0.7615942, 0.9640276, 1]), tolerance: 1e-6
            ))
        #expect(x.relu() == Tensor([0, 0, 0, 0, 0.25, 1, 2, 10]))
        #expect(x.abs() == Tensor([3, 1.5, 0.5, 0, 0.25, 1, 2, 10]))
        #expect(x.square() == Tensor([9, 2.25, 0.25, 0, 0.0625, 1, 4, 100]))
        #expect(-x == Tensor([3, 1.5, 0.5, 0, -0.25, -1, -2, -10]))
        #expect((-x)[3].item().sign == .minus)
        #expect(x.clamp(min: -1, max: 1) == Tensor([-1, -1, -0.5, 0, 0.25, 1, 1, 1]))
        #expect(x.clamp(max: 0) == Tensor([-3, -1.5, -0.5, 0, 0, 0, 0, 0]))
        #expect(
            Self.y.log().isClose(to: Tensor([-2.302585, -0.6931472, 0, 0.6931472, 1.94591, 6.907755]), tolerance: 1e-6))
        #expect(
            Self.y.sqrt().isClose(to: Tensor([0.3162278, 0.7071068, 1, 1.414214, 2.645751, 31.62278]), tolerance: 1e-6))
        #expect(
            Self.y.pow(2.5).isClose(
                to: Tensor([0.003162278, 0.1767767, 1, 5.656854, 129.6418, 3.162278e7]), tolerance: 1e-6))
        #expect(x.pow(3) == x * x * x)
    }

    @Test func specialValues() {
        let (nan, infinity) = (Float.nan, Float.infinity)
        let special = Tensor<Float>([nan, infinity, -infinity, 200, -200])
        #expect(special.exp().isClose(to: Tensor([nan, infinity, 0, infinity, 0])))
        #expect(special.tanh().isClose(to: Tensor([nan, 1, -1, 1, -1])))
        #expect(special.sigmoid().isClose(to: Tensor([nan, 1, 0, 1, 0])))
        #expect(special.relu().isClose(to: Tensor([nan, infinity, 0, 200, 0])))
        #expect(special.clamp(min: 0, max: 1).isClose(to: Tensor([nan, 1, 0, 1, 0])))
        #expect(special.log().isClose(to: Tensor([nan, infinity, nan, 5.2983174, nan])))
        #expect(Tensor<Float>([0, -0.0]).log() == Tensor([-infinity, -infinity]))
        #expect(
            Tensor<Float>([88.5, -100]).exp().isClose(
                to: Tensor([2.7230879e38, Float(27) * .leastNonzeroMagnitude]), tolerance: 1e-6))
        #expect(Tensor([Float(1e-20) * 1e-20]).log().isClose(to: Tensor([-92.1034088])))
        #expect(Tensor<Float>([-1]).sqrt().item().isNaN)
    }

    @Test func arithmeticBroadcasts() {
        let column = Tensor<Float>([1, 2], shape: [2, 1])
        let row = Tensor<Float>([10, 20, 30])
        #expect(column + row == Tensor([11, 21, 31, 12, 22, 32], shape: [2, 3]))
        #expect(column - row == Tensor([-9, -19, -29, -8, -18, -28], shape: [2, 3]))
        #expect(column * row == Tensor([10, 20, 30, 20, 40, 60], shape: [2, 3]))
        #expect(row / column == Tensor([10, 20, 30, 5, 10, 15], shape: [2, 3]))
        #expect(column.pow(column) == Tensor([1, 4], shape: [2, 1]))
        #expect((Tensor<Float>.ones([0, 3]) + row).shape == [0, 3])
        #expect((Tensor<Float>.ones([3, 0]) * Tensor(2)).shape == [3, 0])
        #expect((Tensor<Float>(2) * Tensor<Float>(3)).shape == [])
        #expect(1 - row == Tensor([-9, -19, -29]))
        #expect(60 / row == Tensor([6, 3, 2]))
    }

    /// Every pair of views gives what a loop over the elements gives.
    @Test func anyLayoutGivesTheSameElements() {
        let base = Tensor<Double>(sampleValues(5 * 6 * 7, in: 1...2, salt: 1), shape: [5, 6, 7])
        let views = [
            base[0..<3, 0..<3, 0..<3], base.permuted([2, 1, 0])[1..<4, 2..<5, 0..<3],
            base[2..<5, 1, 3..<6].unsqueezed(axis: 1),
            base[4, 2..<5, 6].reshaped(to: [3, 1]), base[1, 2, 0..<3], base[1, 2, 3],
            base.transposed(0, 1)[1..<4, 0, 2..<3],
            base[0..<3, 3, 3].expanded(to: [3, 3, 3]),
        ]
        func element(_ tensor: Tensor<Double>, _ index: [Int]) -> Double {
            let own = index.suffix(tensor.rank)
            let place = zip(own, tensor.shape).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : $1.0) }
            return tensor.scalars[place]
        }
        for a in views {
            for b in views {
                let sum = a + b
                let product = a * b
                let larger = a.replacing(with: b, where: b .> a)
                #expect(sum.rank == max(a.rank, b.rank))
                for place in 0..<sum.count {
                    var (rest, index) = (place, [Int]())
                    for size in sum.shape.reversed() {
                        index.insert(rest % size, at: 0)
                        rest /= size
                    }
                    let (left, right) = (element(a, index), element(b, index))
                    #expect(sum.scalars[place] == left + right)
                    #expect(product.scalars[place] == left * right)
                    #expect(larger.scalars[place] == max(left, right))
                }
            }
        }
    }

    @Test func comparisons() {
        let (a, b) = (Tensor<Float>([1, 2, 3, .nan]), Tensor<Float>([2, 2, 2, .nan]))
        #expect((a .== b) == Tensor([false, true, false, false]))
        #expect((a .!= b) == Tensor([true, false, true, true]))
        #expect((a .< b) == Tensor([true, false, false, false]))
        #expect((a .<= b) == Tensor([true, true, false, false]))
        #expect((a .> b) == Tensor([false, false, true, false]))
        #expect((a .>= 2) == Tensor([false, true, true, false]))
        #expect((Tensor<Int64>([1, 5]) .== Tensor([1, 4])).countTrue == 1)
        #expect((Tensor<Int32>([[1], [5]].joined()).reshaped(to: [2, 1]) .< Tensor([1, 6])).countTrue == 2)
        #expect((Tensor<UInt8>([200, 5]) .> 100) == Tensor([true, false]))
        #expect(!Tensor([true, false]) == Tensor([false, true]))
    }

    @Test func replacing() {
        let x = Tensor<Float>([1, -2, 3, -4], shape: [2, 2])
        #expect(x.replacing(with: 0, where: x .< 0) == Tensor([1, 0, 3, 0], shape: [2, 2]))
        #expect(
            x.replacing(with: Tensor([10, 20]), where: Tensor([true, false], shape: [2, 1]))
                == Tensor([10, 20, 3, -4], shape: [2, 2]))
        let labels = Tensor<Int64>([7, 8])
        #expect(labels.replacing(with: 0, where: labels .== 8) == Tensor([7, 0]))
    }

    @Test func conversions() {
        #expect(Tensor<Int64>(converting: Tensor<Float>([2.7, -2.7])) == Tensor([2, -2]))
        #expect(Tensor<Bool>(converting: Tensor<Float>([2.7, 0, -0.0, .nan])) == Tensor([true, false, false, true]))
        #expect(Tensor<Float>(converting: Tensor<UInt8>([0, 255])) == Tensor([0, 255]))
        #expect(Tensor<Float>(converting: Tensor([true, false])) == Tensor([1, 0]))
        #expect(
            Tensor<Int32>(converting: Tensor<Int64>([-1, 7], shape: [2, 1]).t) == Tensor([-1, 7], shape: [1, 2]))
        #expect(Tensor<Float>(converting: Tensor<Double>([0.1])) == Tensor([0.1 as Float]))
    }
}
