import CLockstepKernels

/// What a recurrent layer computes at each step, from x = W x + b (the input's part) and h, the state before.
public enum RecurrentCell: Sendable {
    /// h' = tanh(x + W h + b).
    case tanh
    /// h' = max(x + W h + b, 0).
    case relu
    /// c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'), where (i, f, g, o) = x + W h + b.
    case lstm
    /// h' = (1 − z) n + z h, where r = σ(x_r + y_r), z = σ(x_z + y_z), n = tanh(x_n + r y_n) and y = W h + b.
    case gru

    /// How many numbers a unit takes at each step.
    public var gates: Int {
        switch self {
        case .tanh, .relu: 1
        case .lstm: 4
        case .gru: 3
        }
    }
}

/// A recurrent layer run over a sequence in one direction: one matrix product and one pass over the units a step.
///
/// `input` is [t, n, in], `hidden` (and, for an LSTM, `cell`) [n, h]; `inputWeight` is [gates · h, in], `hiddenWeight` [gates · h, h], the biases
/// [gates · h], gates in the order in which `RecurrentCell` names them. With `reversed` the sequence is walked from its end. Returns
/// the states after each step, [t, n, h] in the order of the input, and the last h and c, [n, h].
///
/// Gradients: backpropagation through time; the weights' are one product over all steps. Stops where the shapes do not fit.
///
/// Source: `torch.nn.RNN`, `torch.nn.LSTM`, `torch.nn.GRU`.
@_specialize(where Scalar == Float)
public func recurrence<Scalar: FloatingScalar>(
    _ cell: RecurrentCell, _ input: Tensor<Scalar>, hidden: Tensor<Scalar>, cellState: Tensor<Scalar>? = nil,
    inputWeight: Tensor<Scalar>, hiddenWeight: Tensor<Scalar>, inputBias: Tensor<Scalar>? = nil,
    hiddenBias: Tensor<Scalar>? = nil, reversed: Bool = false
) -> (output: Tensor<Scalar>, hidden: Tensor<Scalar>, cellState: Tensor<Scalar>?) {
    guard input.rank == 3 else { fatalError("recurrence: expected an input of [t, n, in], got \(input.shape)") }
    let (steps, batch, units) = (input.shape[0], input.shape[1], hiddenWeight.shape.last ?? 0)
    guard hiddenWeight.shape == [cell.gates * units, units] else {
        fatalError("recurrence: expected a hidden weight of [\(cell.gates) · h, h], got \(hiddenWeight.shape)")
    }
    for state in [hidden, cellState] {
        if let state, state.shape != [batch, units] {
            fatalError("Expected hidden size \([batch, units]), got \(state.shape)")
        }
    }
    // What comes from the input is one product for all steps. Where the biases only meet in a sum they are added at once.
    let both = cell == .gru ? inputBias : zip(inputBias, hiddenBias).map { $0 + $1 } ?? inputBias ?? hiddenBias
    let projected = linear(input, inputWeight, both)
    let run = RecurrentRun(
        cell, projected, hidden, cell == .lstm ? cellState ?? .zeros([batch, units]) : nil, hiddenWeight,
        cell == .gru ? hiddenBias : nil, reversed: reversed)
    let result = run.result
    // The last state is where the walk ends; the cell's lies beyond the outputs.
    let outputs = result.narrowed(axis: 0, start: run.firstOutput, count: steps)
    let last =
        steps == 0 ? hidden : outputs.narrowed(axis: 0, start: reversed ? 0 : steps - 1, count: 1).squeezed(axis: 0)
    let lastCell =
        cell == .lstm ? result.narrowed(axis: 0, start: reversed ? 0 : steps, count: 1).squeezed(axis: 0) : nil
    return (outputs, last, lastCell)
}

private func zip<A, B>(_ a: A?, _ b: B?) -> (A, B)? {
    if let a, let b { (a, b) } else { nil }
}

/// One run of a cell over a sequence, and what its backward needs.
///
/// All states lie in one block, in the order of the sequence: the first h, the outputs, and for an LSTM the last c; or the other way
/// round where the sequence is walked from its end. So the states before and after all steps are both matrices without gaps.
struct RecurrentRun<Scalar: FloatingScalar>: @unchecked Sendable {
    // Sendable because all tensors are written in the initializer alone.
    let cell: RecurrentCell
    let steps: Int
    let batch: Int
    let units: Int
    let reversed: Bool
    /// [t + 1, n, h], or [t + 2, n, h] for an LSTM.
    let states: Tensor<Scalar>
    /// What came out of the gates, [t, n, gates · h]; for a GRU r, z, n and y_n, [t, n, 4 h]; without elements for the others.
    let gates: Tensor<Scalar>
    /// An LSTM's c before the first step and after each, in the order of the walk, [t + 1, n, h].
    let cells: Tensor<Scalar>
    /// tanh of an LSTM's c after each step, in the same order, [t, n, h].
    let shapedCells: Tensor<Scalar>
    let weight: Tensor<Scalar>
    /// The outputs, and for an LSTM the last c.
    private(set) var result: Tensor<Scalar>

    private var size: Int { batch * units }
    private var hasCell: Bool { cell == .lstm }
    /// Where the outputs begin in the result.
    var firstOutput: Int { reversed && hasCell ? 1 : 0 }
    /// Where the outputs begin in the block, and the states before each step.
    private var outputStart: Int { reversed ? (hasCell ? 1 : 0) : 1 }
    private var beforeStart: Int { reversed ? outputStart + 1 : 0 }

    init(
        _ cell: RecurrentCell, _ projected: Tensor<Scalar>, _ hidden: Tensor<Scalar>, _ cellState: Tensor<Scalar>?,
        _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>?, reversed: Bool
    ) {
        (steps, batch, units) = (projected.shape[0], projected.shape[1], hidden.shape[1])
        (self.cell, self.reversed) = (cell, reversed)
        self.weight = weight.detached()
        let block = steps + 1 + (cell == .lstm ? 1 : 0)
        states = Tensor(uninitialized: [block, batch, units])
        result = states.narrowed(axis: 0, start: reversed ? 0 : 1, count: block - 1)
        cells = Tensor(uninitialized: cell == .lstm ? [steps + 1, batch, units] : [0])
        shapedCells = Tensor(uninitialized: cell == .lstm ? [steps, batch, units] : [0])
        switch cell {
        // Written over: what `linear` made here is nobody else's.
        case .lstm: gates = projected.detached().contiguous()
        case .gru: gates = Tensor(uninitialized: [steps, batch, 4 * units])
        case .tanh, .relu: gates = Tensor(uninitialized: [0])
        }
        forward(projected.detached().contiguous(), hidden, cellState, bias?.detached().contiguous())
        if records([projected.node, hidden.node, cellState?.node, weight.node, bias?.node]) {
            let inputs = [projected.node, hidden.node, cellState?.node, weight.node, bias?.node]
            // The node saves this run, without the node itself.
            result.node = RecurrenceNode(inputs: inputs, self)
        }
    }

    /// The place in the sequence of a step of the walk.
    private func place(_ step: Int) -> Int { reversed ? steps - 1 - step : step }

    private func forward(
        _ projected: Tensor<Scalar>, _ hidden: Tensor<Scalar>, _ cellState: Tensor<Scalar>?, _ bias: Tensor<Scalar>?
    ) {
        let type = Scalar.kernelType
        let base = states.storage.pointer
        let transposed = MatrixOperand(weight).transposed
        copy(hidden, to: base + (reversed ? outputStart + steps : 0) * size)
        if let cellState { copy(cellState, to: cells.storage.pointer) }
        let work = ProductWork(for: Scalar.self)
        // A GRU's part from h.
        let fromHidden = Tensor<Scalar>(uninitialized: cell == .gru ? [batch, 3 * units] : [0])
        for step in 0..<steps {
            let place = place(step)
            let before = MatrixOperand(states, at: (beforeStart + place) * size)
            let after = base + (outputStart + place) * size
            let row = place * size * cell.gates
            switch cell {
            case .tanh, .relu:
                after.copy(from: projected.pointer + row, count: size)
                BLAS.multiply(before, transposed, into: after, adding: true, work: work)
                lk_unary(type, cell == .tanh ? .tanh : .relu, 1, size, after, 0, 1, after, 0, 0)
            case .lstm:
                let gate = gates.storage.pointer + row
                BLAS.multiply(before, transposed, into: gate, adding: true, work: work)
                let c = cells.storage.pointer + step * size
                let shaped = shapedCells.storage.pointer + step * size
                lk_lstm_step(type, batch, units, gate, c, c + size, shaped, after)
            case .gru:
                BLAS.multiply(
                    before, transposed, into: fromHidden.storage.pointer, adding: false, work: work)
                if let bias {
                    lk_add_bias(type, batch, 3 * units, fromHidden.storage.pointer, bias.pointer, false)
                }
                lk_gru_step(
                    type, batch, units, projected.pointer + row, fromHidden.pointer,
                    base + (beforeStart + place) * size, after, gates.storage.pointer + place * size * 4)
            }
        }
        if hasCell {
            (base + (reversed ? 0 : steps + 1) * size).copy(
                from: cells.storage.pointer + steps * size, count: size)
        }
        withExtendedLifetime((projected, bias)) {}
    }

    private func copy(_ tensor: Tensor<Scalar>, to destination: UnsafeMutablePointer<Scalar>) {
        tensor.detached().withUnsafeElements { elements in
            if let source = elements.baseAddress { destination.copy(from: source, count: elements.count) }
        }
    }

    /// The gradients of the input's part, of the hidden part where that differs, and of the first h and c.
    func backward(_ gradient: Tensor<Scalar>) -> (
        projected: Tensor<Scalar>, fromHidden: Tensor<Scalar>, hidden: Tensor<Scalar>, cell: Tensor<Scalar>
    ) {
        let type = Scalar.kernelType
        let incoming = gradient.contiguous()
        let width = cell.gates * units
        let projected = Tensor<Scalar>(uninitialized: [steps, batch, width])
        let fromHidden = cell == .gru ? Tensor<Scalar>(uninitialized: [steps, batch, width]) : projected
        // The gradient of h, that of the outputs included, and that of c.
        let h = Tensor<Scalar>.zeros([batch, units])
        let c = Tensor<Scalar>.zeros([batch, units])
        if hasCell {
            c.storage.pointer.copy(from: incoming.pointer + (reversed ? 0 : steps) * size, count: size)
        }
        let matrix = MatrixOperand(weight)
        let work = ProductWork(for: Scalar.self)
        for step in (0..<steps).reversed() {
            let place = place(step)
            let state = states.pointer + (outputStart + place) * size
            let row = place * size * cell.gates
            lk_axpy(type, size, 1, incoming.pointer + (firstOutput + place) * size, h.storage.pointer)
            switch cell {
            case .tanh, .relu:
                lk_binary(
                    type, cell == .tanh ? .tanhGradient : .reluGradient, 1, size, h.pointer, 0, 1, state, 0, 1,
                    projected.storage.pointer + row, 0, 0)
            case .lstm:
                lk_lstm_step_gradient(
                    type, batch, units, gates.pointer + row, cells.pointer + step * size,
                    shapedCells.pointer + step * size, h.pointer, c.storage.pointer, projected.storage.pointer + row)
            case .gru:
                lk_gru_step_gradient(
                    type, batch, units, gates.pointer + place * size * 4, states.pointer + (beforeStart + place) * size,
                    h.pointer, projected.storage.pointer + row, fromHidden.storage.pointer + row, h.storage.pointer)
            }
            // A GRU's h also goes straight into the next one.
            BLAS.multiply(
                MatrixOperand(fromHidden, at: row), matrix, into: h.storage.pointer, adding: cell == .gru, work: work)
        }
        withExtendedLifetime(incoming) {}
        return (projected, fromHidden, h, c)
    }

    /// The states before all steps, as one matrix.
    var before: Tensor<Scalar> {
        states.narrowed(axis: 0, start: beforeStart, count: steps).reshaped(to: [steps * batch, units])
    }
}

final class RecurrenceNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var run: RecurrentRun<Scalar>?

    init(inputs: [Node?], _ run: RecurrentRun<Scalar>) {
        self.run = run
        super.init(inputs: inputs)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let run = saved(run)
        let (projected, fromHidden, hidden, cell) = run.backward(gradient)
        let rows = fromHidden.reshaped(to: [run.steps * run.batch, run.cell.gates * run.units])
        input(4)?.accumulateColumnSums(rows)
        input(3)?.accumulateProduct(MatrixOperand(rows).transposed, MatrixOperand(run.before))
        send(cell, to: 2)
        send(hidden, to: 1)
        send(projected, to: 0)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { run = nil }
}
