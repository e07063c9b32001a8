public import LockstepTensor

/// A stack of recurrent layers over sequences; the base of `RNN`, `LSTM` and `GRU`.
///
/// The input is [t, n, in], or [n, t, in] with `batchFirst`, or [t, in] for one sequence; the output [t, n, d · h] likewise, where d is 2 for a
/// bidirectional stack, whose forward and backward states are joined, and otherwise 1. A stack's states are [layers · d, n, h], or
/// [layers · d, h] for one sequence; they start as zeros unless given.
///
/// The weights are `weight_ih_l0` [gates · h, in], `weight_hh_l0` [gates · h, h] and the biases `bias_ih_l0`, `bias_hh_l0` [gates · h], further
/// layers with the outputs as their input, those of the backward direction with `_reverse` at the end. All are first drawn
/// uniformly from ±1/√h from the thread's default generator; after `manualSeed` they are PyTorch's, bit for bit.
///
/// Between layers, dropout is applied while it trains.
///
/// Source: `torch.nn.RNNBase`.
public class Recurrent: Module, CustomReflectable {
    /// The parameters of one layer in one direction.
    private struct Direction {
        let suffix: String
        let inputWeight: Parameter
        let hiddenWeight: Parameter
        let inputBias: Parameter?
        let hiddenBias: Parameter?
        let projection: Parameter?
    }

    /// The number of a state's units, h.
    public final let hiddenSize: Int
    /// The number of layers.
    public final let layerCount: Int
    /// Whether sequences are walked in both directions.
    public final let isBidirectional: Bool
    /// Whether the input is [n, t, in].
    public final let batchFirst: Bool
    private let cell: RecurrentCell
    private let dropout: Double
    /// The size of a state: `hiddenSize`, or that of its projection.
    private let stateSize: Int
    private let directions: [Direction]

    fileprivate init(
        _ cell: RecurrentCell, _ inputSize: Int, _ hiddenSize: Int, layers: Int, bias: Bool, batchFirst: Bool,
        dropout: Double, bidirectional: Bool, projectionSize: Int? = nil
    ) {
        guard hiddenSize > 0 else { fatalError("hidden_size must be greater than zero") }
        guard layers > 0 else { fatalError("num_layers must be greater than zero") }
        guard dropout >= 0, dropout <= 1 else {
            fatalError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed")
        }
        if let projectionSize, projectionSize <= 0 || projectionSize >= hiddenSize {
            fatalError(
                "proj_size has to be positive and smaller than hidden_size, got \(projectionSize) for \(hiddenSize)")
        }
        let state = projectionSize ?? hiddenSize
        stateSize = state
        (self.cell, self.hiddenSize, layerCount) = (cell, hiddenSize, layers)
        (self.batchFirst, self.dropout, isBidirectional) = (batchFirst, dropout, bidirectional)
        let bound = Float(1 / Double(hiddenSize).squareRoot())
        func draw(_ shape: [Int]) -> Parameter { Parameter(.uniform(shape, from: -bound, to: bound)) }
        let count = bidirectional ? 2 : 1
        directions = (0..<(layers * count)).map { place in
            let (layer, rows) = (place / count, cell.gates * hiddenSize)
            return Direction(
                suffix: "_l\(layer)" + (place % count == 1 ? "_reverse" : ""),
                inputWeight: draw([rows, layer == 0 ? inputSize : state * count]),
                hiddenWeight: draw([rows, state]), inputBias: bias ? draw([rows]) : nil,
                hiddenBias: bias ? draw([rows]) : nil,
                projection: projectionSize.map { draw([$0, hiddenSize]) })
        }
    }

    /// The output and the last states of all layers.
    fileprivate final func run(
        _ input: Tensor<Float>, hidden: Tensor<Float>?, cellState: Tensor<Float>?
    ) -> (output: Tensor<Float>, hidden: Tensor<Float>, cellState: Tensor<Float>?) {
        guard input.rank == 3 else {
            guard input.rank == 2 else {
                fatalError("\(type(of: self)): Expected input to be 2D or 3D, got \(input.rank)D instead")
            }
            // One sequence is a batch of one.
            let result = run(
                input.unsqueezed(axis: batchFirst ? 0 : 1), hidden: hidden?.unsqueezed(axis: 1),
                cellState: cellState?.unsqueezed(axis: 1))
            return (
                result.output.squeezed(axis: batchFirst ? 0 : 1), result.hidden.squeezed(axis: 1),
                result.cellState?.squeezed(axis: 1)
            )
        }
        var sequence = batchFirst ? input.transposed(0, 1) : input
        let batch = sequence.shape[1]
        for (state, size) in [(hidden, stateSize), (cellState, hiddenSize)] {
            let expected = [directions.count, batch, size]
            if let state, state.shape != expected {
                fatalError("Expected hidden size \(expected), got \(state.shape)")
            }
        }
        var (lastHidden, lastCells) = ([Tensor<Float>](), [Tensor<Float>]())
        let count = isBidirectional ? 2 : 1
        for layer in 0..<layerCount {
            var outputs: [Tensor<Float>] = []
            for place in (layer * count)..<((layer + 1) * count) {
                let each = directions[place]
                let result = walk(
                    each, sequence, hidden: hidden?[place] ?? .zeros([batch, stateSize]),
                    cellState: cellState?[place], reversed: place % count == 1)
                outputs.append(result.output)
                lastHidden.append(result.hidden)
                if let state = result.cellState { lastCells.append(state) }
            }
            sequence = count == 1 ? outputs[0] : concatenated(outputs, axis: 2)
            if isTraining, dropout > 0, layer + 1 < layerCount { sequence = sequence.dropout(dropout) }
        }
        return (
            batchFirst ? sequence.transposed(0, 1) : sequence, stacked(lastHidden),
            lastCells.isEmpty ? nil : stacked(lastCells)
        )
    }

    /// One layer in one direction.
    private func walk(
        _ each: Direction, _ sequence: Tensor<Float>, hidden: Tensor<Float>, cellState: Tensor<Float>?, reversed: Bool
    ) -> (output: Tensor<Float>, hidden: Tensor<Float>, cellState: Tensor<Float>?) {
        guard let projection = each.projection else {
            return recurrence(
                cell, sequence, hidden: hidden, cellState: cellState, inputWeight: each.inputWeight.value,
                hiddenWeight: each.hiddenWeight.value, inputBias: each.inputBias?.value,
                hiddenBias: each.hiddenBias?.value, reversed: reversed)
        }
        // Each step's state is projected before the next.
        var (state, cells) = (hidden, cellState ?? .zeros([hidden.shape[0], hiddenSize]))
        var outputs: [Tensor<Float>] = []
        // What comes from the input is one product for all steps; the biases only meet in a sum.
        let inputs = linear(sequence, each.inputWeight.value, each.inputBias?.value)
        for step in 0..<sequence.shape[0] {
            let place = reversed ? sequence.shape[0] - 1 - step : step
            let gates = (inputs[place] + linear(state, each.hiddenWeight.value, each.hiddenBias?.value))
                .chunked(4, axis: -1)
            cells = gates[1].sigmoid() * cells + gates[0].sigmoid() * gates[2].tanh()
            state = linear(gates[3].sigmoid() * cells.tanh(), projection.value)
            outputs.append(state)
        }
        if outputs.isEmpty { return (.zeros([0] + hidden.shape), state, cells) }
        return (stacked(reversed ? outputs.reversed() : outputs), state, cells)
    }

    /// The parameters under the names that PyTorch gives them.
    public final var customMirror: Mirror {
        let children = directions.flatMap { each -> [(label: String?, value: Any)] in
            [
                ("weight_ih" + each.suffix, each.inputWeight), ("weight_hh" + each.suffix, each.hiddenWeight),
                ("bias_ih" + each.suffix, each.inputBias as Any), ("bias_hh" + each.suffix, each.hiddenBias as Any),
                ("weight_hr" + each.suffix, each.projection as Any),
            ]
        }
        return Mirror(self, children: children)
    }
}

/// Recurrent layers h' = tanh(W x + b + V h + c), or max(…, 0); see `Recurrent`. Source: `torch.nn.RNN`.
public final class RNN: Recurrent {
    /// What is applied at each step.
    public enum Nonlinearity: Sendable {
        /// The hyperbolic tangent.
        case tanh
        /// max(x, 0).
        case relu
    }

    /// `layers` layers of `hiddenSize` units over inputs of `inputSize` numbers.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, nonlinearity: Nonlinearity = .tanh, bias: Bool = true,
        batchFirst: Bool = false, dropout: Double = 0, bidirectional: Bool = false
    ) {
        super.init(
            nonlinearity == .tanh ? .tanh : .relu, inputSize, hiddenSize, layers: layers, bias: bias,
            batchFirst: batchFirst, dropout: dropout, bidirectional: bidirectional)
    }

    /// The outputs and the last states; `hidden` is zeros unless given.
    public func callAsFunction(
        _ input: Tensor<Float>, hidden: Tensor<Float>? = nil
    ) -> (output: Tensor<Float>, hidden: Tensor<Float>) {
        let result = run(input, hidden: hidden, cellState: nil)
        return (result.output, result.hidden)
    }
}

/// Gated recurrent units: h' = (1 − z) n + z h with gates r, z and n; see `Recurrent` and `RecurrentCell.gru`.
///
/// Source: `torch.nn.GRU`; K. Cho et al., "Learning phrase representations using RNN encoder–decoder", EMNLP 2014.
public final class GRU: Recurrent {
    /// `layers` layers of `hiddenSize` units over inputs of `inputSize` numbers.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
        dropout: Double = 0, bidirectional: Bool = false
    ) {
        super.init(
            .gru, inputSize, hiddenSize, layers: layers, bias: bias, batchFirst: batchFirst, dropout: dropout,
            bidirectional: bidirectional)
    }

    /// The outputs and the last states; `hidden` is zeros unless given.
    public func callAsFunction(
        _ input: Tensor<Float>, hidden: Tensor<Float>? = nil
    ) -> (output: Tensor<Float>, hidden: Tensor<Float>) {
        let result = run(input, hidden: hidden, cellState: nil)
        return (result.output, result.hidden)
    }
}

/// Long short-term memory: c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'); see `Recurrent` and `RecurrentCell.lstm`.
///
/// With `projectionSize` p every state is h' = R σ(o) tanh(c') of p units, `weight_hr_l0` [p, h]; the cells keep h. Such a layer runs step by
/// step through recorded operators, slower than one without.
///
/// Source: `torch.nn.LSTM`; S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 1997.
public final class LSTM: Recurrent {
    /// `layers` layers of `hiddenSize` units over inputs of `inputSize` numbers.
    ///
    /// Stops where a projection is not smaller than the state.
    public init(
        _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
        dropout: Double = 0, bidirectional: Bool = false, projectionSize: Int? = nil
    ) {
        super.init(
            .lstm, inputSize, hiddenSize, layers: layers, bias: bias, batchFirst: batchFirst, dropout: dropout,
            bidirectional: bidirectional, projectionSize: projectionSize)
    }

    /// The outputs and the last states; `state` is zeros unless given.
    public func callAsFunction(
        _ input: Tensor<Float>, state: (hidden: Tensor<Float>, cell: Tensor<Float>)? = nil
    ) -> (output: Tensor<Float>, state: (hidden: Tensor<Float>, cell: Tensor<Float>)) {
        let result = run(input, hidden: state?.hidden, cellState: state?.cell)
        // An LSTM's run always gives cells.
        return (result.output, (result.hidden, result.cellState ?? .zerosLike(result.hidden)))
    }
}
