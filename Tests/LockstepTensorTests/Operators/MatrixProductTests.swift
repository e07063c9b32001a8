import LockstepTensor
import Testing

@Suite struct MatrixProductTests {
    /// Small integers, so that products are exact whatever the order of the sums.
    static func matrix<Scalar: FloatingScalar>(_ shape: [Int], salt: Int) -> Tensor<Scalar> {
        let values = sampleValues(shape.reduce(1, *), in: -8...8, salt: salt).map { Scalar($0.rounded()) }
        return Tensor(values, shape: shape)
    }

    /// A matrix of the given size that lies in memory in one of several ways.
    static func views<Scalar: FloatingScalar>(_ rows: Int, _ columns: Int, salt: Int) -> [Tensor<Scalar>] {
        [
            matrix([rows, columns], salt: salt), matrix([columns, rows], salt: salt).t,
            matrix([rows + 2, columns + 3], salt: salt)[1..<(rows + 1), 2..<(columns + 2)],
            matrix([columns + 2, rows + 3], salt: salt).t[1..<(rows + 1), 2..<(columns + 2)],
            matrix([rows, 1], salt: salt).expanded(to: [rows, columns]),
            matrix([columns, rows, 2], salt: salt).permuted([1, 0, 2])[.all, .all, 1],
        ]
    }

    static func naive<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
        (a.unsqueezed(axis: 2) * b.unsqueezed(axis: 0)).sum(axis: 1)
    }

    @Test func everyLayoutGivesTheSameProduct() {
        for (rows, inner, columns) in [
            (1, 1, 1), (1, 3, 2), (3, 1, 2), (2, 3, 1), (4, 5, 6), (0, 2, 3), (2, 0, 3), (17, 9, 33),
        ] {
            for a: Tensor<Float> in Self.views(rows, inner, salt: 1) {
                for b: Tensor<Float> in Self.views(inner, columns, salt: 2) {
                    #expect(a.matmul(b) == Self.naive(a, b), "\(a.layout) by \(b.layout)")
                }
            }
            let (a, b): (Tensor<Double>, Tensor<Double>) = (
                Self.matrix([rows, inner], salt: 3), Self.matrix([inner, columns], salt: 4)
            )
            #expect(a.matmul(b) == Self.naive(a, b))
        }
    }

    @Test func vectorsAndBatches() {
        let (v, w) = (Tensor<Float>([1, 2, 3]), Tensor<Float>([4, 5, 6]))
        #expect(v.matmul(w).item() == 32 && v.matmul(w).shape == [])
        let m = Tensor<Float>([1, 0, 2, 0, 1, 3], shape: [2, 3])
        #expect(m.matmul(v) == Tensor([7, 11]))
        #expect(Tensor<Float>([1, 10]).matmul(m) == Tensor([1, 10, 32]))
        #expect(Tensor<Float>.zeros([0]).matmul(.zeros([0])).item() == 0)
        let (a, b): (Tensor<Float>, Tensor<Float>) = (
            Self.matrix([2, 1, 3, 4], salt: 5), Self.matrix([5, 4, 2], salt: 6)
        )
        let product = a.matmul(b)
        #expect(product.shape == [2, 5, 3, 2])
        for i in 0..<2 {
            for j in 0..<5 { #expect(product[i, j] == a[i, 0].matmul(b[j])) }
        }
        #expect(a.transposed(0, 2).matmul(b[0]) == stacked((0..<3).map { a.transposed(0, 2)[$0].matmul(b[0]) }))
        #expect(v.matmul(Self.matrix([2, 3, 2], salt: 7)).shape == [2, 2])
        #expect(Self.matrix([2, 2, 3], salt: 7).matmul(v).shape == [2, 2])
    }

    @Test func fusedLinearIsProductBiasAndActivation() {
        for x: Tensor<Float> in Self.views(5, 7, salt: 8) {
            for weight: Tensor<Float> in Self.views(3, 7, salt: 9) {
                let bias: Tensor<Float> = Self.matrix([3, 2], salt: 10)[.all, 0]
                let expected = Self.naive(x, weight.t) + bias
                #expect(linear(x, weight, bias) == expected)
                #expect(linear(x, weight) == Self.naive(x, weight.t))
                #expect(linear(x, weight, bias, activation: .relu) == expected.relu())
                #expect(linear(x, weight, bias, activation: .gelu) == expected.gelu())
                #expect(linear(x, weight, activation: .gelu) == Self.naive(x, weight.t).gelu())
            }
        }
        #expect(linear(.ones([2, 4, 3]), .ones([5, 3]), .ones([5])) == Tensor<Float>.full([2, 4, 5], 4))
        #expect(linear(.ones([3]), .ones([5, 3])) == Tensor<Float>.full([5], 3))
    }

    /// Whole numbers multiply as floating-point numbers do, in every layout and rank.
    @Test func integersMultiplyAsNumbersDo() {
        for (rows, inner, columns) in [(1, 1, 1), (2, 3, 1), (4, 5, 6), (0, 2, 3), (2, 0, 3)] {
            for a: Tensor<Double> in Self.views(rows, inner, salt: 11) {
                for b: Tensor<Double> in Self.views(inner, columns, salt: 12) {
                    #expect(a.to(Int64.self).matmul(b.to(Int64.self)) == a.matmul(b).to(Int64.self))
                    #expect(a.to(Int32.self).mm(b.to(Int32.self)) == a.matmul(b).to(Int32.self))
                }
            }
        }
        let shapes: [([Int], [Int])] = [
            ([3], [3]), ([2, 3], [3]), ([3], [3, 2]), ([2, 2, 3], [3]), ([3], [2, 3, 2]), ([2, 4, 3], [3, 2]),
            ([2, 1, 3, 4], [5, 4, 2]),
        ]
        for (left, right) in shapes {
            let (a, b): (Tensor<Double>, Tensor<Double>) = (
                Self.matrix(left, salt: 13), Self.matrix(right, salt: 14)
            )
            #expect(a.to(Int64.self).matmul(b.to(Int64.self)) == a.matmul(b).to(Int64.self), "\(left) by \(right)")
        }
        #expect(Tensor<UInt8>([[200]]).matmul(Tensor([[2]])) == Tensor([[144]]))
    }

    @Test func threadsAndCoreTypeAreKnown() {
        #expect(BLAS.threads >= 1 && !BLAS.coreType.isEmpty)
    }
}
