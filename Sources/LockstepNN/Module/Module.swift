public import LockstepTensor

/// The base class of models and layers: a tree of parameters found by the names of its stored properties.
///
///     final class Net: Module, Layer {
///         let hidden = Linear(784, 128)
///         let output = Linear(128, 10)
///
///         func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
///             output(hidden(input).relu())
///         }
///     }
///
///     Net().namedParameters().map(\.name)  // hidden.weight, hidden.bias, output.weight, output.bias
///
/// Modules and parameters are found wherever a stored property holds them: directly, in optionals, arrays, dictionaries,
/// tuples and structs. Names and order are PyTorch's: declaration order, a superclass's properties first, dotted paths, array
/// elements by their index (`layers.0.weight`), dictionary entries sorted by their key. What an object of another class holds is
/// not found. Other names than Swift's are given by a `customMirror`, as `Sequential` does.
///
/// A module is used on one thread at a time. Source: `torch.nn.Module`.
open class Module {
    /// Whether the module is training, which layers such as dropout look at; true at first.
    public private(set) final var isTraining = true
    /// What `flattened()` made.
    private final var buffer: ParameterBuffer?

    /// A module in training mode.
    public init() {}

    /// Makes this module and all modules in it train.
    public final func train() { setTraining(true) }

    /// Makes this module and all modules in it evaluate: dropout lets everything through, and so on.
    public final func eval() { setTraining(false) }

    private final func setTraining(_ isTraining: Bool) {
        for module in ModuleTree(of: self).modules { module.isTraining = isTraining }
    }

    /// The module itself and all modules in it, each once, parents first.
    ///
    /// Source: `torch.nn.Module.modules`.
    public final var modules: [Module] { ModuleTree(of: self).modules }

    /// All parameters in declaration order, each once.
    public final var parameters: [Parameter] { ModuleTree(of: self).parameters.map(\.parameter) }

    /// All parameters in declaration order with PyTorch's dotted names; one that has several names has the first.
    public final func namedParameters() -> [(name: String, parameter: Parameter)] { ModuleTree(of: self).parameters }

    /// Forgets the gradients of all parameters.
    public final func zeroGrad() {
        for parameter in parameters { parameter.zeroGrad() }
    }

    /// All parameters in one flat buffer, in the order of `namedParameters()`; made at the first call, then the same.
    ///
    /// Optimizers, all-reduce and checkpoints work on this buffer. Parameters that a module gets afterwards are not in it.
    public final func flattened() -> ParameterBuffer {
        if let buffer { return buffer }
        let new = ParameterBuffer(namedParameters())
        buffer = new
        return new
    }

    /// One line a parameter or buffer: name, shape and element type. Two processes train the same model when theirs are equal.
    ///
    ///     hidden.weight [128, 784] float32
    ///     hidden.bias [128] float32
    public final var signature: String {
        stateDictionary().map { "\($0.name) \($0.tensor.shape) \($0.tensor.dtype.rawValue)" }.joined(separator: "\n")
    }
}

/// A module that makes one tensor of another, so that `Sequential` can chain it.
public protocol Layer: Module {
    /// The layer's output.
    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float>
}
