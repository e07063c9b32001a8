import LockstepTensor
import Testing

/// Attention in one operator, which leaves out what a causal mask hides, compared with the operators that it is made of.
@Suite struct FusedAttentionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let queries, keys: Int
        let isCausal: Bool
        var testDescription: String { "\(queries) queries, \(keys) keys, \(isCausal ? "causal" : "all")" }
    }

    /// The result and the gradients of query, key and value.
    func run<Scalar: FloatingScalar>(
        _ test: Case, _ type: Scalar.Type,
        _ attention: (Tensor<Scalar>, Tensor<Scalar>, Tensor<Scalar>) -> Tensor<Scalar>
    ) -> [[Scalar]] {
        func tensor(_ rows: Int, _ columns: Int, salt: Int) -> Tensor<Scalar> {
            Tensor(
                sampleValues(2 * 3 * rows * columns, in: -2...2, salt: salt).map { Scalar($0) },
                shape: [2, 3, rows, columns])
        }
        let inputs = [(test.queries, 5), (test.keys, 5), (test.keys, 7)].enumerated().map {
            tensor($1.0, $1.1, salt: $0).requiringGrad()
        }
        let result = attention(inputs[0], inputs[1], inputs[2])
        result.backward(gradient: tensor(test.queries, 7, salt: 9))
        return ([result] + inputs.map { $0.gradient! }).map(\.scalars)  // Not nil: backward has been there.
    }

    func check<Scalar: FloatingScalar>(_ test: Case, _ type: Scalar.Type) {
        let fused = run(test, type) { scaledDotProductAttention($0, $1, $2, isCausal: test.isCausal, scale: 0.4) }
        let apart = run(test, type) { query, key, value in
            var scores = query.matmul(key.transposed(-1, -2)) * 0.4
            if test.isCausal {
                let places = Tensor<Int64>.arange(Int64(test.keys))
                let own = Tensor<Int64>.arange(Int64(test.queries)).unsqueezed(axis: 1)
                scores = scores.replacing(with: -.infinity, where: places .> own)
            }
            return scores.softmax(axis: -1).matmul(value)
        }
        for (name, (a, b)) in zip(["result", "query", "key", "value"], zip(fused, apart)) {
            if BLAS.usesLibrary {
                #expect(zip(a, b).allSatisfy { abs(Double($0 - $1)) < 1e-4 }, "\(name)")
            } else {
                #expect(a == b, "\(name)")
            }
        }
    }

    @Test(
        arguments: [(1, 1), (5, 5), (33, 33), (64, 64), (40, 70), (70, 40), (300, 300)].flatMap { sizes in
            [true, false].map { Case(queries: sizes.0, keys: sizes.1, isCausal: $0) }
        })
    func hasTheBitsOfItsParts(_ test: Case) {
        check(test, Float.self)
        check(test, Double.self)
    }
}
