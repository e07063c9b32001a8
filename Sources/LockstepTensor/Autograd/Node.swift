/// One recorded operation: what backward needs to know of it.
///
/// A tensor that came out of an operation holds its node, and a node holds those of the operation's inputs, so the graph lives
/// as long as somebody holds its end. Values that a node saves are held without their own nodes (`detached`): the only way
/// from node to node is `inputs`, which is what makes freeing a long chain without recursion possible.
package class Node: @unchecked Sendable {
    // Sendable because recording only reads nodes, and backward, which writes to them, runs on one thread at a time for
    // one graph; `backward()` says so.

    /// The nodes of the inputs; nil for an input that needs no gradient. Empty for a leaf.
    final var inputs: [Node?]
    /// The last backward that came here; tells a first visit from a later one without a set of visited nodes.
    final var visit: UInt64 = 0
    /// How many of the nodes that take this one as input have not sent their part of its gradient yet.
    final var pending = 0

    init(inputs: [Node?]) { self.inputs = inputs }

    /// Sends on the gradient that has arrived, now that all of it has.
    func propagate() { fatalError("\(type(of: self)) does not say how to propagate a gradient") }

    /// Drops the values that were saved for backward.
    func releaseSaved() {}

    /// A node for a view of what this one made. Views are for every element type, nodes for floating-point types alone, and
    /// this one knows which.
    func viewNode(_ record: some ViewRecord) -> Node { fatalError("\(type(of: self)) has no views") }

    /// A node for what this one made, or a tensor of the same element type, with a part of it replaced.
    func assignmentNode(inputs: [Node?], region: Layout, valueShape: [Int]) -> Node {
        fatalError("\(type(of: self)) has no assignment")
    }

    /// Whether this is a leaf: where gradients stay instead of being sent on.
    package var isLeaf: Bool { false }

    deinit {
        // Freeing the inputs here one by one would recurse through the whole graph and overflow the stack. Instead, the
        // inputs of every node that is about to go are moved to a list first.
        var doomed = takeUnsharedInputs()
        while let node = doomed.popLast() { doomed += node.takeUnsharedInputs() }
    }

    /// Lets go of all inputs and returns those that nobody else holds.
    private func takeUnsharedInputs() -> [Node] {
        var unshared: [Node] = []
        for place in inputs.indices {
            // Taken out before it is looked at, so that the last of several references from here counts as the only one.
            guard var node = inputs[place].take() else { continue }
            if isKnownUniquelyReferenced(&node), !node.inputs.isEmpty { unshared.append(node) }
        }
        return unshared
    }
}

/// A recorded operation whose result has elements of type `Scalar`.
package class GraphNode<Scalar: FloatingScalar>: Node, @unchecked Sendable {
    // Sendable for the reason that `Node` is.

    /// The parts of the gradient that have arrived, added up.
    final var gradient: Tensor<Scalar>?

    /// Adds a part of the gradient.
    package func accumulate(_ part: consuming Tensor<Scalar>) {
        if gradient == nil {
            gradient = part
        } else {
            gradient!.add(part)  // Not nil: just compared.
        }
    }

    /// Adds a part of the gradient that `write` computes in place, in row-major order.
    ///
    /// `write` overwrites what is at the pointer, or adds to it where its second argument is true.
    package func accumulate(shape: [Int], write: (UnsafeMutablePointer<Scalar>, _ adding: Bool) -> Void) {
        if gradient != nil, gradient!.isUniqueAndContiguous {  // Not nil: just compared.
            write(gradient!.storage.pointer + gradient!.layout.offset, true)
        } else {
            let part = Tensor<Scalar>(uninitialized: shape)
            write(part.storage.pointer, false)
            accumulate(part)
        }
    }

    /// Computes the gradients of the inputs from that of the output and sends each with `send`.
    func backward(_ gradient: Tensor<Scalar>) { fatalError("\(type(of: self)) has no backward") }

    override func propagate() {
        if let gradient = gradient.take() { backward(gradient) }
    }

    override func viewNode(_ record: some ViewRecord) -> Node { ViewNode<Scalar, _>(input: self, record) }

    override func assignmentNode(inputs: [Node?], region: Layout, valueShape: [Int]) -> Node {
        AssignmentNode<Scalar>(inputs: inputs, region: region, valueShape: valueShape)
    }

    /// Whether input number `place` wants a gradient.
    final func wants(_ place: Int) -> Bool { inputs[place] != nil }

    /// Sends input number `place` a part of its gradient, which is computed only if it wants one.
    final func send(_ part: @autoclosure () -> Tensor<Scalar>, to place: Int) {
        input(place)?.accumulate(part())
    }

    /// Input number `place`, if it wants a gradient.
    final func input(_ place: Int) -> GraphNode<Scalar>? {
        // Sound because an operation that records a `GraphNode<Scalar>` takes tensors of the same `Scalar`.
        inputs[place].map { unsafeDowncast($0, to: GraphNode<Scalar>.self) }
    }

    /// The gradient that stays here after backward: that of a leaf.
    package var leafGradient: Tensor<Scalar>? {
        get { nil }
        set { fatalError("the gradient of a tensor that is not a leaf cannot be set") }
    }
}

/// A tensor that the user asked the gradient of.
final class LeafNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    init() { super.init(inputs: []) }

    override func propagate() {}
    override var isLeaf: Bool { true }
    override var leafGradient: Tensor<Scalar>? {
        get { gradient }
        set { gradient = newValue }
    }
}

/// What was saved for backward, or a stop with PyTorch's message where an earlier backward has used it up.
func saved<T>(_ value: T?) -> T {
    guard let value else {
        fatalError(
            "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
                + "been freed). Saved intermediate values of the graph are freed when you call .backward(). Specify "
                + "retainGraph: true if you need to backward through the graph a second time.")
    }
    return value
}
