import CLockstepKernels

/// The result of `body`, without keeping what its operations would save for backward: backward runs `body` a second time.
///
/// Trades time for memory: a network cut into n checkpoints holds the values of one of them at a time. `body` must do the same
/// both times; random numbers of the default generator are the same by themselves. Gradients go to the inputs and to
/// whatever else `body` uses: parameters, leaves and other results. Gradients through a checkpoint cannot be differentiated again.
///
/// Source: `torch.utils.checkpoint`; T. Chen and others, Training Deep Nets with Sublinear Memory Cost, 2016.
public func checkpoint<Scalar: FloatingScalar>(
    _ inputs: [Tensor<Scalar>], _ body: @escaping (_ inputs: [Tensor<Scalar>]) -> Tensor<Scalar>
) -> Tensor<Scalar> {
    guard isGradEnabled else { return body(inputs) }
    let generator = withDefaultGenerator { $0 }
    // The graph of this first run says what `body` uses, and goes when that is known.
    let run = Segment(inputs, body)
    var result = run.result.detached()
    let order = run.order()
    guard run.result.node != nil else { return result }
    var known = Set(run.leaves.map { ObjectIdentifier($0) })
    let used = order.boundary.filter { known.insert(ObjectIdentifier($0)).inserted }
    result.node = CheckpointNode(inputs, used, generator, body)
    return result
}

/// The result of `body` for one input, without keeping what its operations would save; see the function for several.
///
/// Source: `torch.utils.checkpoint`.
public func checkpoint<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ body: @escaping (_ input: Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
    checkpoint([input]) { body($0[0]) }
}

/// One run of a checkpoint's body, with the operations that it recorded marked as its own.
private struct Segment<Scalar: FloatingScalar> {
    let mark = newMark()
    /// What stands in for the nodes of the inputs; nil for an input that needs no gradient.
    let standIns: [Node?]
    let result: Tensor<Scalar>

    init(_ inputs: [Tensor<Scalar>], _ body: ([Tensor<Scalar>]) -> Tensor<Scalar>) {
        let before = lk_graph_segment()
        lk_set_graph_segment(mark)
        defer { lk_set_graph_segment(before) }
        let leaves = inputs.map { $0.node == nil ? $0 : $0.detached().requiringGrad() }
        standIns = leaves.map(\.node)
        var result = enableGrad { body(leaves) }
        // A result that the body only passes on gets an operation of its own, where the run can be told to end.
        if let node = result.node, node.visit != mark {
            result.node = node.viewNode(ReshapeRecord(shape: result.shape))
        }
        self.result = result
    }

    var leaves: [Node] { standIns.compactMap { $0 } }

    /// The body's own operations in the order of backward, and the nodes of what it used besides.
    func order() -> (inside: [Node], boundary: [Node]) {
        guard let root = result.node else { return ([], []) }
        var boundary: [Node] = []
        var seen: Set<ObjectIdentifier> = []
        let inside = backwardOrder(from: [root], segment: mark) { node in
            if seen.insert(ObjectIdentifier(node)).inserted { boundary.append(node) }
        }
        return (inside, boundary)
    }
}

final class CheckpointNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (inputs: [Tensor<Scalar>], generator: Generator)?
    private let body: ([Tensor<Scalar>]) -> Tensor<Scalar>
    /// How many of the node's inputs are those of the body; the others are what else it uses.
    private let count: Int

    init(
        _ inputs: [Tensor<Scalar>], _ used: [Node], _ generator: Generator,
        _ body: @escaping ([Tensor<Scalar>]) -> Tensor<Scalar>
    ) {
        values = (inputs, generator)
        self.body = body
        count = inputs.count
        super.init(inputs: inputs.map(\.node) + used)
        for place in inputs.indices { values!.inputs[place].node = nil }  // Not nil: just set.
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (tensors, generator) = saved(values)
        let places = Dictionary(
            inputs.indices.dropFirst(count).map { (ObjectIdentifier(inputs[$0]!), $0) },  // Not nil: given so.
            uniquingKeysWith: { first, _ in first })
        let now = withDefaultGenerator { [generator] current in
            defer { current = generator }
            return current
        }
        let run = Segment(zip(tensors, inputs).map { Tensor(storage: $0.storage, layout: $0.layout, node: $1) }, body)
        withDefaultGenerator { $0 = now }
        let (inside, boundary) = run.order()
        guard run.result.shape == gradient.shape, run.result.node != nil,
            boundary.allSatisfy({ places[ObjectIdentifier($0)] != nil })
        else { fatalError("checkpoint: the body did not do the same in backward as it did before") }

        // What the body used besides its inputs gets its gradient in one piece, when all of it has arrived.
        let before = boundary.map(\.detour)
        let collectors = boundary.map { $0.makeCollector() }
        for (node, collector) in zip(boundary, collectors) { node.detour = .collector(collector) }
        _ = run.result.startBackward(gradient, createGraph: false)
        runBackward(along: inside, retainGraph: false)
        for (node, detour) in zip(boundary, before) { node.detour = detour }

        for (place, leaf) in run.standIns.enumerated() {
            guard let leaf, let destination = destination(place) else { continue }
            leaf.deliver(to: destination)
        }
        for (node, collector) in zip(boundary, collectors) {
            guard let place = places[ObjectIdentifier(node)], let destination = destination(place) else { continue }
            collector.deliver(to: destination)
        }
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
    override var operationName: String { "CheckpointFunctionBackward" }
}
