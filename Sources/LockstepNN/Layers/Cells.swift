public import LockstepTensor

/// One step of a recurrent layer; the base of `RNNCell`, `GRUCell` and `LSTMCell`.
///
/// Input [n, in] or [in], states [n, h] or [h], which are zeros unless given. The weights are `weight_ih` [gates · h, in] and
/// `weight_hh` [gates · h, h], the biases `bias_ih` and `bias_hh` [gates · h], all first drawn uniformly from ±1/√h from the thread's
/// default generator; after `manualSeed` they are PyTorch's, bit for bit. The steps are made of recorded operators, so that they can be
/// differentiated twice, which `RNN`, `GRU` and `LSTM` cannot.
///
/// Source: `torch.nn.RNNCellBase`.
public class RecurrentStep: Module, CustomReflectable {
    /// The number of a state's units, h.
    public final let hiddenSize: Int
    fileprivate let inputWeight: Parameter
    fileprivate let hiddenWeight: Parameter
    fileprivate let inputBias: Parameter?
    fileprivate let hiddenBias: Parameter?

    fileprivate init(_ inputSize: Int, _ hiddenSize: Int, gates: Int, bias: Bool) {
        guard hiddenSize > 0 else { fatalError("hidden_size must be greater than zero") }
        self.hiddenSize = hiddenSize
        let bound = Float(1 / Double(hiddenSize).squareRoot())
        func draw(_ shape: [Int]) -> Parameter { Parameter(.uniform(shape, from: -bound, to: bound)) }
        inputWeight = draw([gates * hiddenSize, inputSize])
        hiddenWeight = draw([gates * hiddenSize, hiddenSize])
        inputBias = bias ? draw([gates * hiddenSize]) : nil
        hiddenBias = bias ? draw([gates * hiddenSize]) : nil
    }

    /// What comes from the input and from the state before, the gates side by side.
    fileprivate final func parts(
        _ input: Tensor<Float>, _ hidden: Tensor<Float>
    ) -> (input: Tensor<Float>, hidden: Tensor<Float>) {
        (linear(input, inputWeight.value, inputBias?.value), linear(hidden, hiddenWeight.value, hiddenBias?.value))
    }

    /// A given state, or zeros of the shape that the input asks for.
    fileprivate final func state(_ given: Tensor<Float>?, for input: Tensor<Float>) -> Tensor<Float> {
        guard input.rank == 1 || input.rank == 2 else {
            fatalError("\(type(of: self)): Expected input to be 1D or 2D, got \(input.rank)D instead")
        }
        let shape = input.shape.dropLast() + [hiddenSize]
        if let given, given.shape != Array(shape) {
            fatalError("Expected hidden size \(Array(shape)), got \(given.shape)")
        }
        return given ?? .zeros(Array(shape))
    }

    /// The parameters under the names that PyTorch gives them.
    public final var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "weight_ih": inputWeight as Any, "weight_hh": hiddenWeight, "bias_ih": inputBias as Any,
                "bias_hh": hiddenBias as Any,
            ])
    }
}

/// h' = tanh(W x + b + V h + c), or max(…, 0); see `RecurrentStep`. Source: `torch.nn.RNNCell`.
public final class RNNCell: RecurrentStep {
    private let nonlinearity: RNN.Nonlinearity

    /// A step of `hiddenSize` units over inputs of `inputSize` numbers.
    public init(_ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, nonlinearity: RNN.Nonlinearity = .tanh) {
        self.nonlinearity = nonlinearity
        super.init(inputSize, hiddenSize, gates: 1, bias: bias)
    }

    /// The next state.
    public func callAsFunction(_ input: Tensor<Float>, hidden: Tensor<Float>? = nil) -> Tensor<Float> {
        let (x, y) = parts(input, state(hidden, for: input))
        return nonlinearity == .tanh ? (x + y).tanh() : (x + y).relu()
    }
}

/// h' = (1 − z) n + z h with gates r, z and n as `RecurrentCell.gru` has them; see `RecurrentStep`. Source: `torch.nn.GRUCell`.
public final class GRUCell: RecurrentStep {
    /// A step of `hiddenSize` units over inputs of `inputSize` numbers.
    public init(_ inputSize: Int, _ hiddenSize: Int, bias: Bool = true) {
        super.init(inputSize, hiddenSize, gates: 3, bias: bias)
    }

    /// The next state.
    public func callAsFunction(_ input: Tensor<Float>, hidden: Tensor<Float>? = nil) -> Tensor<Float> {
        let before = state(hidden, for: input)
        let (fromInput, fromHidden) = parts(input, before)
        let (x, y) = (fromInput.chunked(3, axis: -1), fromHidden.chunked(3, axis: -1))
        let (r, z) = ((x[0] + y[0]).sigmoid(), (x[1] + y[1]).sigmoid())
        let n = (x[2] + r * y[2]).tanh()
        return n + z * (before - n)
    }
}

/// c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c') as `RecurrentCell.lstm` has them; see `RecurrentStep`. Source: `torch.nn.LSTMCell`.
public final class LSTMCell: RecurrentStep {
    /// A step of `hiddenSize` units over inputs of `inputSize` numbers.
    public init(_ inputSize: Int, _ hiddenSize: Int, bias: Bool = true) {
        super.init(inputSize, hiddenSize, gates: 4, bias: bias)
    }

    /// The next states.
    public func callAsFunction(
        _ input: Tensor<Float>, state given: (hidden: Tensor<Float>, cell: Tensor<Float>)? = nil
    ) -> (hidden: Tensor<Float>, cell: Tensor<Float>) {
        let before = state(given?.cell, for: input)
        let (x, y) = parts(input, state(given?.hidden, for: input))
        let gates = (x + y).chunked(4, axis: -1)
        let cell = gates[1].sigmoid() * before + gates[0].sigmoid() * gates[2].tanh()
        return (gates[3].sigmoid() * cell.tanh(), cell)
    }
}
