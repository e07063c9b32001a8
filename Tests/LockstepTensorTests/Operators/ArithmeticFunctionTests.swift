import LockstepTensor
import Testing

/// The operators as functions; the figures are `torch.add`, `sub`, `mul` and `div` of PyTorch 2.15.
@Suite struct ArithmeticFunctionTests {
    private let a = Tensor<Float>([1, 2, 3]), b = Tensor<Float>([[4], [8]])
    private let i = Tensor<Int64>([1, -2, 3]), j = Tensor<Int64>([2, 4, -8])

    @Test func theyAreTheOperators() {
        #expect(add(a, b) == a + b)
        #expect(sub(a, b) == a - b)
        #expect(mul(a, b) == a * b)
        #expect(div(a, b) == a / b)
        #expect(add(i, j).scalars == [3, 2, -5])
        #expect(sub(i, j).scalars == [-1, -6, 11])
        #expect(mul(i, j).scalars == [2, -8, -24])
        #expect(div(i, j).scalars == [0.5, -0.5, -0.375] as [Float])
    }

    @Test func alphaIsAFactorOfTheSecond() {
        #expect(add(a, b, alpha: 0.5).scalars == [3, 4, 5, 5, 6, 7])
        #expect(sub(a, b, alpha: 0.5).scalars == [-1, 0, 1, -3, -2, -1])
        #expect(add(i, j, alpha: 3).scalars == [7, 10, -21])
        #expect(sub(i, j, alpha: 3).scalars == [-5, -14, 27])
    }

    @Test func gradientsFlowThrough() {
        let x = Tensor<Float>([3]).requiringGrad(), y = Tensor<Float>([2]).requiringGrad()
        (add(x, y, alpha: 4) + sub(x, y, alpha: 3) + mul(x, y) + div(x, y)).sum().backward()
        #expect(x.gradient?.item() == 1 + 1 + 2 + 0.5)
        #expect(y.gradient?.item() == 4 - 3 + 3 - 0.75)
    }
}
