import LockstepTensor
import Testing

/// Functions of several tensors, arithmetic on whole numbers and logic; figures are those of PyTorch 2.15.
@Suite struct PairwiseTests {
    @Test func extremaOfPairs() {
        let (a, b) = (Tensor<Float>([1, 5, .nan, 2]), Tensor<Float>([3, 4, 0, .nan]))
        #expect(maximum(a, b).isClose(to: Tensor([3, 5, .nan, .nan])))
        #expect(minimum(a, b).isClose(to: Tensor([1, 4, .nan, .nan])))
        #expect(Tensor<Float>([1, 5]).clamp(min: Tensor([2]), max: Tensor([3])) == Tensor([2, 3]))
        #expect(Tensor<Float>([1, 5]).clamp(min: Tensor(9), max: Tensor(3)) == Tensor([3, 3]), "the upper bound wins")
    }

    @Test func tiesShareTheGradient() {
        let a = Tensor<Float>([1, 2, 3], shape: [3], requiresGrad: true)
        let b = Tensor<Float>([2], shape: [1], requiresGrad: true)
        (maximum(a, b) * 2).sum().backward()
        #expect(a.gradient == Tensor([0, 1, 2]) && b.gradient == Tensor([3]))
    }

    @Test func remaindersAndWholeQuotients() {
        let (a, b) = (Tensor<Float>([7.5, -6.5, 7.5, -6.5, 6.5, 0.5]), Tensor<Float>([2, 2, -2, -2, 3, 5]))
        #expect(a.remainder(b) == Tensor([1.5, 1.5, -0.5, -0.5, 0.5, 0.5]))
        #expect(a.divided(by: b, rounding: .floor) == Tensor([3, -4, -4, 3, 2, 0]))
        #expect(a.divided(by: b, rounding: .trunc) == Tensor([3, -3, -3, 3, 2, 0]))
        #expect(Tensor<Float>([1, 0]).remainder(0).isnan().countTrue == 2)
        #expect(Tensor<Float>([1, -1]).divided(by: Tensor(0), rounding: .floor) == Tensor([.infinity, -.infinity]))
        // 1 / 0.1 rounds to 10, but ten times the Float nearest to 0.1 is above 1.
        #expect(Tensor<Float>(1).divided(by: Tensor(0.1), rounding: .floor).item() == 9)
    }

    @Test func logaddexpDoesNotOverflow() {
        let (a, b) = (Tensor<Float>([1, 1000, -.infinity, .infinity]), Tensor<Float>([2, 1000, -.infinity, 1]))
        #expect(logaddexp(a, b).isClose(to: Tensor([2.3132617, 1000.6931, -.infinity, .infinity])))
    }

    @Test func lerpIsExactAtBothEnds() {
        let (a, b) = (Tensor<Float>([0.1, -3]), Tensor<Float>([0.7, 1e8]))
        #expect(a.lerp(b, weight: 0) == a && a.lerp(b, weight: 1) == b)
        #expect(a.lerp(b, weight: Tensor([1, 0])) == Tensor([0.7, -3]))
        #expect(Tensor<Float>([0, 10]).lerp(Tensor([10, 20]), weight: 0.25) == Tensor([2.5, 12.5]))
    }

    @Test func addmmScalesBothParts() {
        let (a, b) = (Tensor<Float>([1, 2, 3, 4], shape: [2, 2]), Tensor<Float>([1, 0, 1, 1], shape: [2, 2]))
        #expect(addmm(Tensor([10, 20]), a, b) == Tensor([13, 22, 17, 24], shape: [2, 2]))
        #expect(addmm(Tensor(1), a, b, beta: 2, alpha: 10) == Tensor([32, 22, 72, 42], shape: [2, 2]))
        #expect(addmm(Tensor(.nan), a, b, beta: 0) == a.matmul(b), "what is multiplied by 0 does not count")
        checkGradients(of: "addmm", shapes: [[4], [3, 2], [2, 4]]) {
            addmm($0[0], $0[1], $0[2], beta: 0.3, alpha: -2)
        }
    }

    struct Pair: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (Tensor<Double>, Tensor<Double>) -> Tensor<Double>
    }

    static let pairs = [
        Pair(testDescription: "maximum") { maximum($0, $1) },
        Pair(testDescription: "minimum") { minimum($0, $1) },
        Pair(testDescription: "logaddexp") { logaddexp($0, $1) },
        Pair(testDescription: "remainder") { $0.remainder($1 + 3) },
        Pair(testDescription: "floored quotient") { $0.divided(by: $1 + 3, rounding: .floor) },
        Pair(testDescription: "lerp") { $0.lerp($1, weight: 0.7) },
        Pair(testDescription: "lerp with weights") { $0.lerp($1, weight: $0 * $1) },
        Pair(testDescription: "clamp") { $0.clamp(min: $1, max: $1 + 1) },
    ]

    @Test(arguments: pairs) func hasTheGradientOfDifferences(_ pair: Pair) {
        for shapes in [[[], []], [[3, 4], [4]], [[3, 1], [1, 4]], [[0], [1]]] {
            checkGradients(of: pair.testDescription, shapes: shapes) { pair.apply($0[0], $0[1]) }
        }
    }

    @Test(arguments: pairs) func hasTheSecondDerivativeOfDifferences(_ pair: Pair) {
        let sum = SecondDerivativeTests.Case(testDescription: pair.testDescription, shapes: [[2, 3], [3]]) {
            pair.apply($0[0], $0[1]) + ($0[0] * $0[1]).square()
        }
        SecondDerivativeTests().secondDerivative(sum)
    }

    @Test func logic() {
        let (a, b) = (Tensor([true, true, false, false]), Tensor([true, false, true, false]))
        #expect((a .& b) == Tensor([true, false, false, false]))
        #expect((a .| b) == Tensor([true, true, true, false]))
        #expect((a .^ b) == Tensor([false, true, true, false]))
        let x = Tensor<Float>([1, 5, 9])
        #expect((x .> 2 .& x .< 7) == Tensor([false, true, false]), "comparisons bind more tightly")
        #expect((Tensor([true, false], shape: [2, 1]) .& Tensor([true, false])).countTrue == 1)
    }

    @Test func conversions() {
        #expect(Tensor<Float>([1.7, -1.7]).to(Int64.self) == Tensor([1, -1]))
        let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        (x.to(Double.self) * 3).sum().backward()
        #expect(x.gradient == Tensor([3, 3]))
    }
}

/// Arithmetic on whole numbers; figures are those of PyTorch 2.15.
@Suite struct IntegerTests {
    let a = Tensor<Int64>([7, -7, 7, -7, 6, 0])
    let b = Tensor<Int64>([2, 2, -2, -2, 3, 5])

    @Test func arithmeticOnWholeNumbers() {
        #expect(a + b == Tensor([9, -5, 5, -9, 9, 5]))
        #expect(a - b == Tensor([5, -9, 9, -5, 3, -5]))
        #expect(a * b == Tensor([14, -14, -14, 14, 18, 0]))
        #expect(-a == Tensor([-7, 7, -7, 7, -6, 0]))
        #expect(a + 1 == 1 + a && 10 - a == Tensor([3, 17, 3, 17, 4, 10]) && a * 2 == a + a)
        #expect(a.abs() == Tensor([7, 7, 7, 7, 6, 0]) && a.sign() == Tensor([1, -1, 1, -1, 1, 0]))
        #expect(a.clamp(min: -1, max: 6) == Tensor([6, -1, 6, -1, 6, 0]) && a.square() == a * a)
        #expect(maximum(a, b) == Tensor([7, 2, 7, -2, 6, 5]) && minimum(a, b) == Tensor([2, -7, -2, -7, 3, 0]))
    }

    @Test func quotientsAndRemainders() {
        #expect(a / b == Tensor<Float>([3.5, -3.5, -3.5, 3.5, 2, 0]))
        #expect(Tensor<Int64>([7]) / 2 == Tensor<Float>([3.5]))
        #expect(a.divided(by: b, rounding: .floor) == Tensor([3, -4, -4, 3, 2, 0]))
        #expect(a.divided(by: b, rounding: .trunc) == Tensor([3, -3, -3, 3, 2, 0]))
        #expect(a.remainder(b) == Tensor([1, 1, -1, -1, 0, 0]))
        #expect(Tensor<Int64>.zeros([0]).remainder(0).count == 0)
    }

    @Test func powers() {
        #expect(a.pow(2) == Tensor([49, 49, 49, 49, 36, 0]))
        #expect(Tensor<Int64>([2, 1, -1, -1, 0]).pow(Tensor([-1, -3, -3, -2, 3])) == Tensor([0, 1, -1, 1, 0]))
    }

    @Test func whatDoesNotFitWrapsAround() {
        let ends = Tensor<Int64>([.min, .max])
        #expect(ends.abs() == ends && ends + 1 == Tensor([.min + 1, .min]) && ends * 2 == Tensor([0, -2]))
        #expect(ends.divided(by: -1, rounding: .floor) == Tensor([.min, .min + 1]))
        #expect(ends.divided(by: -1, rounding: .trunc) == -ends && ends.remainder(-1) == Tensor([0, 0]))
        #expect(Tensor<UInt8>([250, 3]) + 10 == Tensor([4, 13]) && -Tensor<UInt8>([250, 3]) == Tensor([6, 253]))
        #expect(Tensor<Int32>([.max]) * 2 == Tensor([-2]))
    }

    @Test func everyLayoutAndBroadcast() {
        let matrix = Tensor<Int32>([1, 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(matrix.t + Tensor([10, 20]) == Tensor([11, 24, 12, 25, 13, 26], shape: [3, 2]))
        #expect(matrix[.all, 1] * Tensor([1, 2], shape: [2, 1]) == Tensor([2, 5, 4, 10], shape: [2, 2]))
        #expect((Tensor<Int64>.zeros([0, 3]) + Tensor([1, 2, 3])).shape == [0, 3])
        #expect((Tensor<Int64>(5) .& Tensor(6)) == Tensor(4) && (Tensor<Int64>(5) .| Tensor(6)) == Tensor(7))
        #expect((Tensor<Int64>(5) .^ Tensor(6)) == Tensor(3))
    }

    @Test func inPlaceChangesOneHolderAlone() {
        var x = a
        x += 1
        x *= Tensor([2])
        x -= b
        #expect(x == Tensor([14, -14, 18, -10, 11, -3]) && a[0].item() == 7)
    }

    static let stops: [Stop] = [
        Stop("ZeroDivisionError") { _ = Tensor<Int64>([1]).remainder(0) },
        Stop("ZeroDivisionError") { _ = Tensor<Int64>([1, 2]).divided(by: Tensor([1, 0]), rounding: .trunc) },
        Stop("Integers to negative integer powers are not allowed.") { _ = Tensor<Int64>([1]).pow(-1) },
        Stop("output with shape [1] doesn't match the broadcast shape [2]") {
            var x = Tensor<Int64>([1])
            x += Tensor([1, 2])
        },
        Stop("tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0") {
            _ = Tensor<Int64>([1, 2]) + Tensor([1, 2, 3])
        },
    ]

    @Test(arguments: stops.indices) func stopsWithItsMessage(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [place] in
            IntegerTests.stops[place].run()
        }
        #expect(said(IntegerTests.stops[place].message, result), "\(IntegerTests.stops[place].message)")
    }
}
