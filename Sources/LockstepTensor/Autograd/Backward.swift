import CLockstepKernels
import Synchronization

/// The number of backward passes and checkpoints so far, which tells the marks of one from another's.
private let passes = Atomic<UInt64>(0)

/// A mark that no node carries yet.
func newMark() -> UInt64 { passes.add(1, ordering: .relaxed).newValue }

/// The nodes that a backward from `roots` comes to, each after all those that take it as input.
///
/// The order depends on the graph alone, so gradients are added up in the same order every time. With `segment`, only nodes that
/// carry that mark are gone to; the others are handed to `boundary`, some more than once.
func backwardOrder(from roots: [Node], segment: UInt64? = nil, boundary: (Node) -> Void = { _ in }) -> [Node] {
    let pass = newMark()
    var found: [Node] = []
    for root in roots where root.visit != pass {
        root.visit = pass
        root.pending = 0
        found.append(root)
    }
    let starts = found
    var count = 0
    while let node = found.popLast() {
        count += 1
        for case let input? in node.inputs {
            if input.visit == pass {
                input.pending += 1
            } else if segment == nil || input.visit == segment {
                input.visit = pass
                input.pending = 1
                found.append(input)
            } else {
                boundary(input)
            }
        }
    }
    var order: [Node] = []
    order.reserveCapacity(count)
    var ready = consume found
    // A root that another one was computed from waits for it.
    ready += starts.filter { $0.pending == 0 }
    while let node = ready.popLast() {
        order.append(node)
        for case let input? in node.inputs where input.visit == pass {
            input.pending -= 1
            if input.pending == 0 { ready.append(input) }
        }
    }
    return order
}

/// Sends the gradients that have been put into the first nodes of `order` to all of them, in that order.
func runBackward(along order: [Node], retainGraph: Bool) {
    for node in order {
        node.checked { node.propagate() }
        if !retainGraph { node.releaseSaved() }
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// Computes the gradients of the leaves that this tensor was computed from, and adds them to those already there.
    ///
    /// A leaf is a tensor made with `requiresGrad: true`, or a `Parameter`. `gradient` is the gradient of the final result for
    /// this tensor; it may be left out for a tensor of one element, where it is 1. What operations saved is freed on the way,
    /// so a second backward through the same graph stops, unless `retainGraph` is true. With `createGraph` the gradients are
    /// recorded like any result and can be differentiated again; then the graph is retained too unless `retainGraph` says
    /// otherwise. The gradients of parameters lie in a buffer of plain numbers and are never recorded: for those use
    /// `grad(of:withRespectTo:)`. A recorded gradient holds the graph, and the leaf holds the gradient: set it to nil to free both.
    ///
    /// One graph must not be gone through by two threads at once.
    ///
    /// Source: `torch.Tensor.backward`.
    @_specialize(where Scalar == Float)
    public func backward(gradient: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false) {
        let root = startBackward(gradient, createGraph: createGraph)
        withRecording(createGraph) {
            runBackward(along: backwardOrder(from: [root]), retainGraph: retainGraph ?? createGraph)
        }
    }

    /// Puts the gradient from which backward starts into this tensor's node.
    func startBackward(_ gradient: Tensor?, createGraph: Bool, place: Int = 0) -> Node {
        guard let node else {
            fatalError("element \(place) of tensors does not require grad and does not have a grad_fn")
        }
        if gradient == nil, count != 1 { fatalError("grad can be implicitly created only for scalar outputs") }
        let start = gradient ?? Tensor.ones(shape)
        guard start.shape == shape else {
            fatalError(
                "Mismatch in shape: grad_output[\(place)] has a shape of \(start.shape) and output[\(place)] has a shape of "
                    + "\(shape).")
        }
        withRecording(createGraph) {
            // Sound because every floating-point tensor's node is a `GraphNode` of its element type.
            unsafeDowncast(node, to: GraphNode<Scalar>.self).accumulate(createGraph ? start : start.detached())
        }
        return node
    }
}

/// Computes the gradients of the leaves that several tensors were computed from, in one backward: the gradients of the sum of
/// all tensors, each times its gradient.
///
/// `gradients` has one for each tensor, or nil, which stands for 1 and is for tensors of one element; left out, all are nil. The rest is
/// as for a tensor's own `backward`.
///
/// Source: `torch.autograd.backward`.
@_specialize(where Scalar == Float)
public func backward<Scalar: FloatingScalar>(
    _ tensors: [Tensor<Scalar>], gradients: [Tensor<Scalar>?]? = nil, retainGraph: Bool? = nil,
    createGraph: Bool = false
) {
    let starts = startingGradients(gradients, count: tensors.count)
    let roots = zip(tensors, starts).enumerated().map { place, pair in
        pair.0.startBackward(pair.1, createGraph: createGraph, place: place)
    }
    withRecording(createGraph) {
        runBackward(along: backwardOrder(from: roots), retainGraph: retainGraph ?? createGraph)
    }
}

/// One gradient, or nil, for each of `count` outputs; stops where another number was given.
func startingGradients<Scalar>(_ given: [Tensor<Scalar>?]?, count: Int) -> [Tensor<Scalar>?] {
    let gradients = given ?? Array(repeating: nil, count: count)
    guard gradients.count == count else {
        fatalError("got \(count) tensors and \(gradients.count) gradients")
    }
    return gradients
}

/// Runs `body` with recording on or off.
func withRecording<R>(_ records: Bool, _ body: () throws -> R) rethrows -> R {
    try records ? enableGrad(body) : noGrad(body)
}
