import CLockstepKernels
import LockstepTensor
import Testing

/// Products of matrices compared, bit by bit, with the sum that `lk_multiply` promises.
@Suite(.serialized) struct ProductKernelTests {
    static let variants: [LKVariant] = [.baseline, .AVX2, .AVX512].filter {
        $0.rawValue <= lk_best_variant().rawValue
    }

    /// A B, or what is in `c` plus that: blocks of 256 k, each one chain of fused multiply-adds.
    func reference<Scalar: FloatingScalar>(
        _ rows: Int, _ columns: Int, _ inner: Int, _ a: (Int, Int) -> Scalar, _ b: (Int, Int) -> Scalar,
        addingTo c: [Scalar]?
    ) -> [Scalar] {
        var result: [Scalar] = []
        for i in 0..<rows {
            for j in 0..<columns {
                var total = c?[i * columns + j]
                for start in stride(from: 0, to: inner, by: 256) {
                    var sum: Scalar = 0
                    for k in start..<min(start + 256, inner) { sum.addProduct(a(i, k), b(k, j)) }
                    total = total.map { $0 + sum } ?? sum
                }
                result.append(total ?? 0)
            }
        }
        return result
    }

    /// One product in every variant, at addresses that are not aligned.
    func check<Scalar: FloatingScalar>(
        _ type: Scalar.Type, _ rows: Int, _ columns: Int, _ inner: Int, transposed: (a: Bool, b: Bool), adding: Bool
    ) {
        let kind: LKType = type == Float.self ? .float32 : .float64
        // One more in front, so that the matrices begin at an odd place.
        let a = sampleValues(rows * inner + 1, in: -1...1, salt: rows + inner).map { Scalar($0) }
        let b = sampleValues(inner * columns + 1, in: -1...1, salt: columns).map { Scalar($0) }
        let c = sampleValues(rows * columns + 2, in: -1...1, salt: 7).map { Scalar($0) }
        var product = LKProduct(
            rows: rows, columns: columns, inner: inner, a_row: transposed.a ? 1 : inner,
            a_column: transposed.a ? rows : 1, b_row: transposed.b ? 1 : columns, b_column: transposed.b ? inner : 1,
            c_row: columns, adding: adding, keeps_b: false, repeats_b: false)
        let expected = reference(
            rows, columns, inner, { a[1 + $0 * product.a_row + $1 * product.a_column] },
            { b[1 + $0 * product.b_row + $1 * product.b_column] }, addingTo: adding ? Array(c[1...]) : nil)
        let work = UnsafeMutableRawPointer.allocate(byteCount: lk_multiply_workspace(kind), alignment: 64)
        defer { work.deallocate() }
        for variant in Self.variants {
            #expect(lk_force_variant(variant))
            // The last time with the copy of B that the one before has left.
            for (keeps, repeats) in [(false, false), (true, false), (true, true)] {
                (product.keeps_b, product.repeats_b) = (keeps, repeats)
                var result = c
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        result.withUnsafeMutableBufferPointer { c in
                            // Not nil: none is empty.
                            lk_multiply(
                                kind, &product, a.baseAddress! + 1, b.baseAddress! + 1, c.baseAddress! + 1, work)
                        }
                    }
                }
                #expect(
                    Array(result[1..<(rows * columns + 1)]) == expected,
                    "\(type), \(rows)x\(inner) · \(inner)x\(columns), \(transposed), \(adding), \(variant), \(keeps), \(repeats)"
                )
                #expect(result.first == c.first && result.last == c.last, "written outside of C")
            }
        }
        #expect(lk_force_variant(lk_best_variant()))
    }

    @Test(arguments: [false, true], [false, true]) func smallProducts(_ transposesA: Bool, _ transposesB: Bool) {
        // Around the sizes of a tile: 6 or 12 rows, and 8, 16 or 32 columns.
        for rows in [1, 2, 5, 6, 7, 11, 12, 13, 25] {
            for columns in [1, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33] {
                for inner in [1, 3, 8, 19] {
                    let adding = (rows + columns + inner) % 2 == 0
                    check(Float.self, rows, columns, inner, transposed: (transposesA, transposesB), adding: adding)
                    check(Double.self, rows, columns, inner, transposed: (transposesA, transposesB), adding: adding)
                }
            }
        }
    }

    @Test(arguments: [false, true], [false, true]) func largerThanTheBlocks(_ transposesA: Bool, _ transposesB: Bool) {
        // More rows, columns and k than are copied at a time; many strips, so that A is copied too.
        for (rows, columns, inner) in [(98, 20, 10), (7, 515, 12), (14, 150, 257), (3, 18, 700), (97, 140, 33)] {
            check(Float.self, rows, columns, inner, transposed: (transposesA, transposesB), adding: rows % 2 == 0)
        }
        check(Double.self, 14, 150, 257, transposed: (transposesA, transposesB), adding: true)
    }

    @Test func nothingToAddUp() {
        let empty = Tensor<Float>(shape: [3, 0]) { _ in }
        #expect(empty.matmul(empty.t).scalars == [Float](repeating: 0, count: 9))
    }

    @Test func rowsAreThoseOfTheLargerProduct() {
        let a = Tensor(sampleValues(50 * 300, in: -1...1, salt: 1).map { Float($0) }, shape: [50, 300])
        let b = Tensor(sampleValues(300 * 70, in: -1...1, salt: 2).map { Float($0) }, shape: [300, 70])
        let whole = a.matmul(b)
        for (start, count) in [(0, 1), (3, 7), (13, 37)] {
            let part = a.narrowed(axis: 0, start: start, count: count).matmul(b)
            #expect(part.scalars == whole.narrowed(axis: 0, start: start, count: count).scalars)
        }
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let before = BLAS.threads
        defer { BLAS.threads = before }
        for (rows, columns) in [(500, 100), (100, 500)] {
            let a = Tensor(sampleValues(rows * 300, in: -1...1, salt: 1).map { Float($0) }, shape: [rows, 300])
            let b = Tensor(sampleValues(columns * 300, in: -1...1, salt: 2).map { Float($0) }, shape: [columns, 300])
            BLAS.threads = 1
            let one = a.matmul(b.t)
            BLAS.threads = 3
            #expect(a.matmul(b.t).scalars == one.scalars)
        }
    }
}
