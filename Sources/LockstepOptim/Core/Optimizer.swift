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
    /// The factor of each step, one for each group of parameters; a schedule may set them at any time.
    var learningRates: [Double] { get set }
    /// The momentum (β₁ where there are betas) of each group, nil where there is none; a one-cycle schedule sets them.
    var momenta: [Double?] { get set }
    /// How many steps have been done.
    var stepCount: Int { get }
    /// Changes the parameters by their gradients, once.
    func step()
    /// What the optimizer remembers of past gradients: flat tensors as long as the parameter buffer, by PyTorch's names.
    ///
    /// They are snapshots: later steps do not change them. Before the first step they hold what they start from, mostly zeros.
    var state: [(name: String, tensor: Tensor<Float>)] { get }
    /// Goes on from a saved `state` and `stepCount`, with the same bits as the optimizer that they are from.
    ///
    /// Throws `OptimizerError`, and changes nothing, when names or sizes are not those of `state`.
    func restore(state: [(name: String, tensor: Tensor<Float>)], stepCount: Int) throws
}

extension Optimizer {
    /// The factor of each step: the first group's where there are several. Setting it sets every group's.
    public var learningRate: Double {
        get { learningRates[0] }
        set { learningRates = learningRates.map { _ in newValue } }
    }

    /// Forgets all gradients, so that the next backward pass starts anew.
    public func zeroGrad() { parameters.zeroGrad() }
}

/// What an optimizer can be given to work on: a model's flat buffer, or parameters that are then laid into one.
public protocol ParameterSource {
    /// The buffer that the parameters lie in.
    var parameterBuffer: ParameterBuffer { get }
}

extension ParameterBuffer: ParameterSource {
    public var parameterBuffer: ParameterBuffer { self }
}

extension [Parameter]: ParameterSource {
    /// The buffer that the parameters lie in already where they are one in this order; else a new one, named by their index.
    public var parameterBuffer: ParameterBuffer {
        ParameterBuffer(enumerated().map { (name: String($0.offset), parameter: $0.element) })
    }
}
