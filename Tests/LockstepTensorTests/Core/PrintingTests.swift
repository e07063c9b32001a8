import Foundation
import LockstepTensor
import Testing

/// What tensors print as, letter for letter as PyTorch prints them; the cases are made by `scripts/fixtures/make_printing.py`.
@Suite struct PrintingTests {
    /// The records of a file: the words of each one's first line, and the text after it.
    private static func records(_ name: String) throws -> [(words: [String], text: String)] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
        let text = try String(contentsOf: url, encoding: .utf8)
        var records: [(words: [String], text: String)] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst() {
            if line.hasPrefix("=== ") {
                records.append((line.dropFirst(4).split(separator: " ").map(String.init), ""))
            } else {
                records[records.count - 1].text += line + "\n"
            }
        }
        return records.map { ($0.words, $0.text.trimmingCharacters(in: .newlines)) }
    }

    @Test func valuesOfEveryTypeAndShape() throws {
        let records = try Self.records("printing.txt")
        #expect(records.count > 200)
        for (words, text) in records {
            let shape = words[2] == "scalar" ? [] : words[2].split(separator: "x").map { Int($0)! }
            let values = Array(words[3...])
            func tensor<Scalar: TensorScalar>(_ scalar: (String) -> Scalar, _ number: (Double) -> Scalar) -> String {
                guard values.first == "arange" else {
                    return Tensor(values.map(scalar), shape: shape).description
                }
                let step = Double(values[1])!
                let count = shape.reduce(1, *)
                return Tensor((0..<count).map { number(Double($0) * step) }, shape: shape).description
            }
            let printed =
                switch words[1] {
                case "float32": tensor({ Float(bitPattern: UInt32($0, radix: 16)!) }, { Float($0) })
                case "float64": tensor({ Double(bitPattern: UInt64($0, radix: 16)!) }, { $0 })
                case "int64": tensor({ Int64($0)! }, { Int64($0) })
                case "int32": tensor({ Int32($0)! }, { Int32($0) })
                case "uint8": tensor({ UInt8($0)! }, { UInt8($0) })
                default: tensor({ $0 == "1" }, { $0 != 0 })
                }
            #expect(printed == text, "\(words.prefix(3))")
        }
    }

    private static func results() -> [String: String] {
        let x = Tensor<Float>([1, 2, 3, 4], shape: [2, 2], requiresGrad: true)
        let y = Tensor<Float>([0.5, -1, 2, 0.25], shape: [2, 2], requiresGrad: true)
        let v = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        let wide = Tensor<Float>.arange(1, 8).requiringGrad()
        let doubles = Tensor<Double>(converting: x)
        var assigned = x * 2
        assigned[0] = v
        let results: [String: Tensor<Float>] = [
            "leaf": x, "empty leaf": Tensor<Float>.zeros([0, 3]).requiringGrad(), "detached": (x * 2).detached(),
            "x + y": x + y, "x - y": x - y, "x * y": x * y, "x / y": x / y, "-x": -x, "x + 1": x + 1, "1 + x": 1 + x,
            "x - 1": x - 1, "1 - x": 1 - x, "2 * x": 2 * x, "x / 3": x / 3, "2 / x": 2 / x, "pow 2": x.pow(2),
            "x ** y": x.pow(y), "square": x.square(), "exp": y.exp(), "log": x.log(), "sqrt": x.sqrt(), "abs": y.abs(),
            "relu": y.relu(), "sigmoid": y.sigmoid(), "tanh": y.tanh(), "clamp": x.clamp(min: 1.5, max: 3),
            "sum": x.sum(), "sum 0": x.sum(axis: 0), "mean": x.mean(), "mean 0": x.mean(axis: 0),
            "softmax": x.softmax(axis: 1), "softmax 0": x.softmax(axis: 0), "log_softmax": x.logSoftmax(axis: 1),
            "max": x.max(), "min": x.min(), "max 0": x.max(axis: 0).values, "min 1": x.min(axis: 1).values,
            "reshape": x.reshaped(to: [4]), "flatten": x.flattened(), "transpose": x.transposed(0, 1), "t": x.t,
            "permute": x.permuted([1, 0]), "squeeze": x[0..<1].squeezed(), "squeeze 0": x[0..<1].squeezed(axis: 0),
            "unsqueeze": x.unsqueezed(axis: 0), "expand": v.expanded(to: [2, 2]), "x[0]": x[0], "x[0][1]": x[0, 1],
            "x[0:1]": x[0..<1], "x[:, 1]": x[.all, 1], "narrow": x.narrowed(axis: 0, start: 0, count: 1),
            "cat": concatenated([x, y]), "stack": stacked([v, v]), "matmul": x.matmul(y),
            "matrix and vector": x.matmul(v), "dot": v.matmul(v), "linear": linear(x, y, v),
            "linear without bias": linear(x, y), "cross_entropy": crossEntropy(x, targets: Tensor([0, 1])),
            "mse_loss": mseLoss(x, y), "mse_loss none": mseLoss(x, y, reduction: .none),
            "where": y.replacing(with: x, where: x .> 2), "masked_fill": x.replacing(with: 0, where: x .> 2),
            "assigned": assigned, "long line": wide * 1.23456, "longer line": concatenated([wide, wide]) * 1.25,
            "gradient of a gradient": grad(of: x.pow(3).sum(), withRespectTo: x, createGraph: true),
        ]
        return results.mapValues(\.description).merging([
            "leaf of doubles": Tensor<Double>([0.5], shape: [1], requiresGrad: true).description,
            "to double": doubles.description, "long scalar": (doubles * 1e-9).sum().description,
            "parameter": Parameter(Tensor([1, 1])).description,
        ]) { first, _ in first }
    }

    @Test func resultsOfOperations() throws {
        let results = Self.results()
        // A copy that only puts elements in order is not an operation here.
        let missing: Set = ["contiguous"]
        for (words, text) in try Self.records("printing-results.txt") {
            let name = words.joined(separator: " ")
            if missing.contains(name) { continue }
            #expect(results[name] == text, "\(name)")
        }
    }
}
