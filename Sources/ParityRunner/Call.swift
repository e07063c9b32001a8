internal import LockstepTensor

/// A call of an operator: its arguments by position or name, as PyTorch's signature has them.
struct Call {
    /// The operator's name.
    let op: String
    let positional: [Argument]
    let named: [String: Argument]
    /// The tensors among the arguments; those that PyTorch gives a gradient for require one.
    let inputs: [AnyTensor]

    /// The argument at `position`, or else the one called `name`; nil where there is neither or it is None.
    func argument(_ position: Int, _ name: String) -> Argument? {
        let found = positional.indices.contains(position) ? positional[position] : named[name]
        if case .none? = found { return nil }
        return found
    }

    func has(_ position: Int, _ name: String) -> Bool { argument(position, name) != nil }

    /// An argument that is a tensor of any element type.
    func anyTensor(_ position: Int, _ name: String) throws -> AnyTensor {
        guard case .tensor(let index)? = argument(position, name) else { throw missing(name, "a tensor") }
        return inputs[index]
    }

    /// An argument that is a Float32 tensor.
    func tensor(_ position: Int, _ name: String) throws -> Tensor<Float> {
        guard case .float32(let tensor) = try anyTensor(position, name) else { throw missing(name, "a float32 tensor") }
        return tensor
    }

    /// An argument that may be a Float32 tensor or missing.
    func tensorIfGiven(_ position: Int, _ name: String) throws -> Tensor<Float>? {
        has(position, name) ? try tensor(position, name) : nil
    }

    /// An argument that is an Int64 tensor, of indices.
    func indices(_ position: Int, _ name: String) throws -> Tensor<Int64> {
        guard case .int64(let tensor) = try anyTensor(position, name) else { throw missing(name, "an int64 tensor") }
        return tensor
    }

    /// An argument that is a Bool tensor, a mask.
    func mask(_ position: Int, _ name: String) throws -> Tensor<Bool> {
        guard case .bool(let tensor) = try anyTensor(position, name) else { throw missing(name, "a bool tensor") }
        return tensor
    }

    /// A list of Float32 tensors.
    func tensors(_ position: Int, _ name: String) throws -> [Tensor<Float>] {
        guard case .list(let elements)? = argument(position, name) else { throw missing(name, "a list of tensors") }
        return try elements.map { element in
            guard case .tensor(let index) = element, case .float32(let tensor) = inputs[index] else {
                throw missing(name, "a list of float32 tensors")
            }
            return tensor
        }
    }

    /// Whether an argument is a tensor rather than a number.
    func isTensor(_ position: Int, _ name: String) -> Bool {
        if case .tensor? = argument(position, name) { true } else { false }
    }

    func int(_ position: Int, _ name: String) throws -> Int? {
        switch argument(position, name) {
        case nil: nil
        case .int(let value)?: value
        default: throw missing(name, "a whole number")
        }
    }

    func double(_ position: Int, _ name: String) throws -> Double? {
        switch argument(position, name) {
        case nil: nil
        case .int(let value)?: Double(value)
        case .float(let value)?: value
        case .bool(let value)?: value ? 1 : 0
        default: throw missing(name, "a number")
        }
    }

    func float(_ position: Int, _ name: String) throws -> Float? { try double(position, name).map { Float($0) } }

    func bool(_ position: Int, _ name: String) throws -> Bool? {
        switch argument(position, name) {
        case nil: nil
        case .bool(let value)?: value
        case .int(let value)?: value != 0
        default: throw missing(name, "true or false")
        }
    }

    func text(_ position: Int, _ name: String) throws -> String? {
        switch argument(position, name) {
        case nil: nil
        case .text(let value)?: value
        default: throw missing(name, "a text")
        }
    }

    /// A list of whole numbers; a single one counts as a list of it.
    func ints(_ position: Int, _ name: String) throws -> [Int]? {
        switch argument(position, name) {
        case nil: nil
        case .int(let value)?: [value]
        case .list(let elements)?:
            try elements.map { element in
                guard case .int(let value) = element else { throw missing(name, "whole numbers") }
                return value
            }
        default: throw missing(name, "whole numbers")
        }
    }

    /// The whole numbers from `position` on, given one by one or as one list, as `tensor.view(2, 3)` and `view([2, 3])`.
    func intsFrom(_ position: Int, _ name: String) throws -> [Int] {
        if let list = try? ints(position, name), positional.count <= position + 1 { return list }
        return try positional.dropFirst(position).map { element in
            guard case .int(let value) = element else { throw missing(name, "whole numbers") }
            return value
        }
    }

    func dtype(_ position: Int, _ name: String) throws -> DType? {
        switch argument(position, name) {
        case nil: nil
        case .dtype(let value)?: value
        default: throw missing(name, "a dtype")
        }
    }

    func missing(_ name: String, _ expected: String) -> ParityError {
        ParityError("argument '\(name)' of \(op) is not \(expected)")
    }
}

/// An operator as the runner calls it: PyTorch's arguments in, PyTorch's results out.
typealias Operator = @Sendable (Call) throws -> [AnyTensor]

extension Tensor<Float> {
    /// The result of an operator that gives one Float32 tensor.
    var result: [AnyTensor] { [.float32(self)] }
}
extension Tensor<Int64> {
    var result: [AnyTensor] { [.int64(self)] }
}
extension Tensor<Bool> {
    var result: [AnyTensor] { [.bool(self)] }
}
