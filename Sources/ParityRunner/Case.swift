internal import FoundationEssentials
internal import LockstepFormats
internal import LockstepTensor

/// One case: a call, and what PyTorch makes of it. See `docs/parity.md`.
struct Case {
    let call: Call
    private let outputs: [AnyTensor]
    private let cotangents: [Int: Tensor<Float>]
    private let gradients: [Int: Tensor<Float>]

    /// Reads a case's file, which must be one of the operator `name`.
    init(contentsOf path: String, of name: String) throws {
        let file = try Safetensors(contentsOf: path)
        guard let op = file.metadata["op"], let text = file.metadata["call"] else {
            throw ParityError("\(path) is no parity case: its metadata lack 'op' or 'call'")
        }
        guard op == name else { throw ParityError("\(path) is a case of \(op), not of \(name)") }
        let arguments = try JSONDecoder().decode(Arguments.self, from: Data(text.utf8))
        func numbered(_ prefix: String) -> [Int: AnyTensor] {
            var found: [Int: AnyTensor] = [:]
            for (name, tensor) in file.tensors where name.hasPrefix(prefix + ".") {
                if let number = Int(name.dropFirst(prefix.count + 1)) { found[number] = tensor }
            }
            return found
        }
        func floats(_ prefix: String) -> [Int: Tensor<Float>] {
            numbered(prefix).compactMapValues { if case .float32(let tensor) = $0 { tensor } else { nil } }
        }
        let gradients = floats("gradient")
        self.gradients = gradients
        cotangents = floats("cotangent")
        outputs = numbered("output").sorted { $0.key < $1.key }.map(\.value)
        let inputs = numbered("input").sorted { $0.key < $1.key }.map { number, tensor -> AnyTensor in
            guard case .float32(let floats) = tensor, gradients[number] != nil else { return tensor }
            return .float32(floats.requiringGrad())
        }
        call = Call(op: op, positional: arguments.args, named: arguments.kwargs, inputs: inputs)
    }

    /// Runs the operator forward and backward. Returns what differs from PyTorch, nil where nothing does.
    func run(_ body: Operator) throws -> String? {
        let tolerance = Tolerance.of(call.op)
        let results = try body(call)
        guard results.count == outputs.count else {
            return "\(results.count) results, expected \(outputs.count)"
        }
        for (number, (actual, expected)) in zip(results, outputs).enumerated() {
            if let difference = tolerance.difference(actual, expected) { return "output \(number): \(difference)" }
        }
        // PyTorch gives no gradient at all where it is 0 by definition, as of a count of elements.
        if gradients.isEmpty { return nil }
        for (number, cotangent) in cotangents.sorted(by: { $0.key < $1.key }) {
            guard case .float32(let result) = results[number] else { return "output \(number) has no gradient" }
            guard result.requiresGrad else { return "output \(number) does not require grad" }
            result.backward(gradient: cotangent, retainGraph: true)
        }
        for (number, expected) in gradients.sorted(by: { $0.key < $1.key }) {
            guard case .float32(let input) = call.inputs[number] else { continue }
            // An input that the result does not depend on has no gradient here and zeros there.
            let actual = input.gradient ?? Tensor.zeros(input.shape)
            if let difference = tolerance.difference(.float32(actual), .float32(expected)) {
                return "gradient \(number): \(difference)"
            }
        }
        return nil
    }

    private struct Arguments: Decodable {
        let args: [Argument]
        let kwargs: [String: Argument]
    }
}
