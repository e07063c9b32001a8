public import LockstepTensor

/// What changes a model's parameters after each backward pass.
///
///     let optimizer = SGD(model.flattened(), lr: 0.1, momentum: 0.9)
///     for batch in batches {
///         optimizer.zeroGrad()
///         crossEntropy(model(batch.inputs), targets: batch.targets).backward()
///         optimizer.step()
///     }
///
/// An optimizer works on the flat buffer of a model's parameters, all of it in one pass a step. A parameter that took no part in
/// the loss has a gradient of zeros; unlike PyTorch's, which skip such a parameter, momentum and weight decay go on for it, so
/// that a step does not depend on which process saw a gradient.
public protocol Optimizer: AnyObject {
    /// The parameters that it changes.
    var parameters: ParameterBuffer { get }
    /// The factor of each step; a schedule may set it at any time.
    var learningRate: Double { get set }
    /// How many steps have been done.
    var stepCount: Int { get }
    /// Changes the parameters by their gradients, once.
    func step()
    /// What the optimizer remembers of past gradients: flat tensors as long as the parameter buffer, by PyTorch's names.
    ///
    /// They are snapshots: later steps do not change them. Before the first step they are zeros.
    var state: [(name: String, tensor: Tensor<Float>)] { get }
    /// Goes on from a saved `state` and `stepCount`, with the same bits as the optimizer that they are from.
    ///
    /// Throws `OptimizerError`, and changes nothing, when names or sizes are not those of `state`.
    func restore(state: [(name: String, tensor: Tensor<Float>)], stepCount: Int) throws
}

extension Optimizer {
    /// Forgets all gradients, so that the next backward pass starts anew.
    public func zeroGrad() { parameters.zeroGrad() }
}

/// The tensors of `state` in the order of `names`, once they are known to fit.
func checked(
    _ state: [(name: String, tensor: Tensor<Float>)], stepCount: Int, names: [String], count: Int, optimizer: String
) throws(OptimizerError) -> [Tensor<Float>] {
    guard stepCount >= 0 else { throw .invalidState("the number of steps is \(stepCount), which is below 0") }
    let given = state.map(\.name)
    guard given.sorted() == names.sorted() else {
        func list(_ names: [String]) -> String { names.isEmpty ? "nothing" : names.joined(separator: ", ") }
        throw .invalidState("the state of \(optimizer) consists of \(list(names)), but \(list(given)) was given")
    }
    var tensors: [Tensor<Float>] = []
    for name in names {
        for entry in state where entry.name == name {
            guard entry.tensor.shape == [count] else {
                throw .invalidState(
                    "\(name) of \(optimizer) has the shape \(entry.tensor.shape), but the model's parameters need [\(count)]"
                )
            }
            tensors.append(entry.tensor.detached())
        }
    }
    return tensors
}

extension ParameterBuffer {
    /// The buffer of some parameters, named by their index; the one that they lie in already, where there is one.
    static func holding(_ parameters: [Parameter]) -> ParameterBuffer {
        ParameterBuffer(parameters.enumerated().map { (name: String($0.offset), parameter: $0.element) })
    }
}
