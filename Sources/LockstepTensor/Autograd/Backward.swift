import Synchronization

/// The number of backward passes so far, which tells one pass's marks from another's.
private let passes = Atomic<UInt64>(0)

/// Sends the gradient that has been put into `root` through the graph to its leaves.
///
/// Each node is run once, when all parts of its gradient have arrived; which of several ready nodes is next depends on the graph
/// alone, so sums are made in the same order every time.
func propagate(from root: Node, retainGraph: Bool) {
    let pass = passes.add(1, ordering: .relaxed).newValue
    root.visit = pass
    root.pending = 0
    var found = [root]
    while let node = found.popLast() {
        for case let input? in node.inputs {
            if input.visit == pass {
                input.pending += 1
            } else {
                input.visit = pass
                input.pending = 1
                found.append(input)
            }
        }
    }
    var ready = [root]
    while let node = ready.popLast() {
        node.propagate()
        for case let input? in node.inputs {
            input.pending -= 1
            if input.pending == 0 { ready.append(input) }
        }
        if !retainGraph { node.releaseSaved() }
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// Computes the gradients of the leaves that this tensor was computed from, and adds them to those already there.
    ///
    /// A leaf is a tensor made with `requiresGrad: true`, or a `Parameter`. `gradient` is the gradient of the final result for
    /// this tensor; it may be left out for a tensor of one element, where it is 1. What operations saved is freed on the way,
    /// so a second backward through the same graph stops, unless `retainGraph` is true.
    ///
    /// One graph must not be gone through by two threads at once.
    ///
    /// Source: `torch.Tensor.backward`.
    public func backward(gradient: Tensor? = nil, retainGraph: Bool = false) {
        guard let node else {
            fatalError("element 0 of tensors does not require grad and does not have a grad_fn")
        }
        if gradient == nil, count != 1 { fatalError("grad can be implicitly created only for scalar outputs") }
        let start = gradient?.detached() ?? Tensor.ones(shape)
        guard start.shape == shape else {
            fatalError(
                "Mismatch in shape: grad_output[0] has a shape of \(start.shape) and output[0] has a shape of \(shape)."
            )
        }
        noGrad {
            // Sound because every floating-point tensor's node is a `GraphNode` of its element type.
            unsafeDowncast(node, to: GraphNode<Scalar>.self).accumulate(start)
            propagate(from: node, retainGraph: retainGraph)
        }
    }
}
