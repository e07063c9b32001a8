/// The gradients of several tensors for others, which are returned and added to no leaf: those of the sum of all outputs, each times
/// its gradient.
///
/// `inputs` are leaves, results on the way, or the values of parameters. `gradients` has the gradient of the final result for each
/// output, or nil, which stands for 1 and is for outputs of one element; left out, all are nil. Only operations that lead to an
/// input are gone through. With `createGraph` the gradients are recorded, so that they can be differentiated again. The graph is
/// retained where `retainGraph` is true, which it is with `createGraph` unless given. An input that no output depends on stops, or
/// has a gradient of zeros with `materializeGrads`. An operation that cannot be differentiated twice stops with its name when it
/// would have to be.
///
/// Source: `torch.autograd.grad`.
public func grad<Scalar: FloatingScalar>(
    of outputs: [Tensor<Scalar>], withRespectTo inputs: [Tensor<Scalar>], gradients: [Tensor<Scalar>?]? = nil,
    retainGraph: Bool? = nil, createGraph: Bool = false, materializeGrads: Bool = false
) -> [Tensor<Scalar>] {
    let starts = startingGradients(gradients, count: outputs.count)
    let targets = inputs.map { input -> Node in
        guard let node = input.node else { fatalError("One of the differentiated Tensors does not require grad") }
        return node
    }
    let roots = outputs.enumerated().map { place, output -> Node in
        guard let root = output.node else {
            fatalError("element \(place) of tensors does not require grad and does not have a grad_fn")
        }
        return root
    }
    let results: [Tensor<Scalar>?] = withRecording(createGraph) {
        let order = backwardOrder(from: roots)
        let before = order.map(\.detour)
        defer { for (node, detour) in zip(order, before) { node.detour = detour } }
        let collectors = detour(order, to: targets)
        for (place, (output, root)) in zip(outputs, roots).enumerated() {
            let start = Tensor<Scalar>(storage: output.storage, layout: output.layout, node: collectors[root] ?? root)
            _ = start.startBackward(starts[place], createGraph: createGraph, place: place)
        }
        run(order, collectors, retainGraph: retainGraph ?? createGraph)
        return targets.map { target in
            // Sound because a collector takes the place of a node of its own element type, that of the inputs.
            collectors[target].flatMap { unsafeDowncast($0, to: GraphNode<Scalar>.self).gradient }
        }
    }
    return zip(inputs, results).map { input, gradient in
        if let gradient { return gradient }
        if materializeGrads { return .zeros(input.shape) }
        fatalError(
            "One of the differentiated Tensors appears to not have been used in the graph. Set materializeGrads: true if "
                + "this is the desired behavior.")
    }
}

/// The gradients of a tensor for others; see the function for several outputs.
///
///     let x = Tensor<Float>([2], shape: [1], requiresGrad: true)
///     let slope = grad(of: x.pow(3), withRespectTo: x, createGraph: true)  // 3x² = 12
///     let curvature = grad(of: slope, withRespectTo: x)                    // 6x = 12
///
/// Source: `torch.autograd.grad`.
public func grad<Scalar: FloatingScalar>(
    of output: Tensor<Scalar>, withRespectTo inputs: [Tensor<Scalar>], gradient: Tensor<Scalar>? = nil,
    retainGraph: Bool? = nil, createGraph: Bool = false, materializeGrads: Bool = false
) -> [Tensor<Scalar>] {
    grad(
        of: [output], withRespectTo: inputs, gradients: [gradient], retainGraph: retainGraph, createGraph: createGraph,
        materializeGrads: materializeGrads)
}

/// The gradient of a tensor for another; see the function for several outputs.
///
/// Source: `torch.autograd.grad`.
public func grad<Scalar: FloatingScalar>(
    of output: Tensor<Scalar>, withRespectTo input: Tensor<Scalar>, gradient: Tensor<Scalar>? = nil,
    retainGraph: Bool? = nil, createGraph: Bool = false, materializeGrads: Bool = false
) -> Tensor<Scalar> {
    grad(
        of: output, withRespectTo: [input], gradient: gradient, retainGraph: retainGraph, createGraph: createGraph,
        materializeGrads: materializeGrads)[0]
}

/// The collectors of the nodes whose gradients are wanted.
private struct Collectors {
    private var byNode: [ObjectIdentifier: Node] = [:]
    subscript(node: Node) -> Node? {
        get { byNode[ObjectIdentifier(node)] }
        set { byNode[ObjectIdentifier(node)] = newValue }
    }
}

/// Sends gradients for `targets` to collectors and those that lead to none of them nowhere.
private func detour(_ order: [Node], to targets: [Node]) -> Collectors {
    var collectors = Collectors()
    for target in targets where collectors[target] == nil { collectors[target] = target.makeCollector() }
    for node in order.reversed() {
        if let collector = collectors[node] {
            node.detour = .collector(collector)
        } else if !node.leadsOn {
            node.detour = .discard
        }
    }
    return collectors
}

private func run(_ order: [Node], _ collectors: Collectors, retainGraph: Bool) {
    for node in order {
        if let collector = collectors[node] {
            node.checked { node.propagate(keepingIn: collector) }
        } else if node.leadsOn {
            node.checked { node.propagate() }
        } else {
            node.dropGradient()
            continue
        }
        if !retainGraph { node.releaseSaved() }
    }
}
