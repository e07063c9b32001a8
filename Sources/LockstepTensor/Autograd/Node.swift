import CLockstepKernels

/// One recorded operation: what backward needs to know of it.
///
/// A tensor that came out of an operation holds its node, and a node holds those of the operation's inputs, so the graph lives
/// as long as somebody holds its end. Values that a node saves are held without their own nodes (`detached`): the only way
/// from node to node is `inputs`, which is what makes freeing a long chain without recursion possible.
package class Node: @unchecked Sendable {
    // Sendable because recording only reads nodes, and backward, which writes to them, runs on one thread at a time for
    // one graph; `backward()` says so.

    /// Where gradients sent to a node go instead, for a time.
    enum Detour {
        case none
        /// Nowhere: nobody asked for what they lead to.
        case discard
        /// To a node that keeps them.
        case collector(Node)
    }

    /// The nodes of the inputs; nil for an input that needs no gradient. Empty for a leaf.
    final var inputs: [Node?]
    /// The last backward that came here; tells a first visit from a later one without a set of visited nodes. Before the first, the
    /// checkpoint in which the operation was recorded.
    final var visit: UInt64
    /// How many of the nodes that take this one as input come before it in a backward and have not been counted yet.
    final var pending = 0
    /// Where gradients go instead of here.
    final var detour = Detour.none
    /// What few nodes have, kept out of all others.
    final var extras: NodeExtras?

    init(inputs: [Node?]) {
        self.inputs = inputs
        visit = lk_graph_segment()
    }

    /// Sends on the gradient that has arrived, now that all of it has.
    func propagate() { fatalError("\(name) does not say how to propagate a gradient") }

    /// Drops the values that were saved for backward.
    func releaseSaved() {}

    /// Drops a gradient that has arrived but goes nowhere.
    func dropGradient() {}

    /// Sends on the gradient that `collector` has got in place of this node, and leaves it there.
    func propagate(keepingIn collector: Node) { fatalError("\(name) has no gradient to keep") }

    /// A node for a view of what this one made. Views are for every element type, nodes for floating-point types alone, and
    /// this one knows which.
    func viewNode(_ record: some ViewRecord) -> Node { fatalError("\(name) has no views") }

    /// A node for an operation on several tensors of this one's element type.
    func joinNode(_ inputs: [Node?], _ record: some JoinRecord) -> Node { fatalError("\(name) has no joins") }

    /// Whether this is a leaf: where gradients stay instead of being sent on.
    package var isLeaf: Bool { false }

    /// PyTorch's name of the operation's backward, for printing and messages.
    final var name: String { extras?.name ?? operationName }

    /// The name unless one was given to this node alone.
    var operationName: String { backwardName(ofNodeType: type(of: self)) }

    /// Gives this node alone another name.
    final func rename(_ name: OperationName) { extras = name }

    // MARK: Collecting

    /// A node that keeps what is sent to it in place of this one.
    func makeCollector() -> Node { fatalError("\(name) has no collector") }

    /// Sends what has been collected here, if anything, to a node of the same element type.
    func deliver(to destination: Node) { fatalError("\(name) does not deliver") }

    /// Whether a NaN has been collected here.
    var holdsNaN: Bool { false }

    /// Makes a backward through what has been collected here stop with the name of the operation that made it.
    func forbidBackward(through inputs: [Node?], of name: String) {}

    /// The node that takes the gradient of input number `place`, if anybody wants it.
    final func destination(_ place: Int) -> Node? {
        guard let node = inputs[place] else { return nil }
        return switch node.detour {
        case .none: node
        case .discard: nil
        case .collector(let collector): collector
        }
    }

    /// Whether a gradient sent here would reach somebody who wants it.
    final var leadsOn: Bool { inputs.indices.contains { destination($0) != nil } }

    /// Runs `body` and returns what it sent to each input, once for an input that is given several times.
    final func collecting(_ body: () -> Void) -> [(place: Int, collector: Node)] {
        var collected: [(place: Int, collector: Node)] = []
        var before: [(Node, Detour)] = []
        for (place, input) in inputs.enumerated() {
            guard let input, destination(place) != nil, !before.contains(where: { $0.0 === input }) else { continue }
            let collector = input.makeCollector()
            before.append((input, input.detour))
            collected.append((place, collector))
            input.detour = .collector(collector)
        }
        body()
        for (node, detour) in before { node.detour = detour }
        return collected
    }

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
    @_specialize(where Scalar == Float)
    package func accumulate(_ part: consuming Tensor<Scalar>) {
        if gradient == nil {
            gradient = part
        } else if lk_records_gradients(), records(gradient!.node, part.node) {  // Not nil: just compared.
            gradient = gradient! + part
        } else {
            gradient!.add(part)
        }
    }

    /// Adds a part of the gradient that `write` computes in place, in row-major order.
    ///
    /// `write` overwrites what is at the pointer, or adds to it where its second argument is true.
    @_specialize(where Scalar == Float)
    package func accumulate(shape: [Int], write: (UnsafeMutablePointer<Scalar>, _ adding: Bool) -> Void) {
        if gradient != nil, gradient!.isUniqueAndContiguous {  // Not nil: just compared.
            write(gradient!.storage.pointer + gradient!.layout.offset, true)
        } else {
            let part = Tensor<Scalar>(uninitialized: shape)
            write(part.storage.pointer, false)
            accumulate(part)
        }
    }

    /// Adds a part of the gradient that is 0 but where `region` lies in a tensor of `shape` in row-major order.
    ///
    /// In place where it can be, so that many slices of one tensor cost no more than the tensor.
    @_specialize(where Scalar == Float)
    final func accumulate(_ part: Tensor<Scalar>, at region: Layout, of shape: [Int]) {
        if gradient == nil || !gradient!.isUniqueAndContiguous {  // Not nil: just compared.
            var whole = Tensor<Scalar>.zeros(shape)
            whole.write(part, at: region)
            return accumulate(whole)
        }
        let target = gradient!.storage.pointer + gradient!.layout.offset + region.offset
        let loops = LoopNest(shape: region.shape, strides: [part.layout.strides, region.strides])
        withExtendedLifetime(part.storage) {
            loops.forEachPlane { offsets in
                lk_add_to(
                    Scalar.kernelType, loops.rows, loops.columns,
                    part.pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    target + offsets[1], loops.rowStrides[1], loops.columnStrides[1])
            }
        }
    }

    /// Computes the gradients of the inputs from that of the output and sends each with `send`.
    ///
    /// Runs without recording; what it sends need not know how it was computed.
    func backward(_ gradient: Tensor<Scalar>) { fatalError("\(name) has no backward") }

    /// Computes the gradients of the inputs so that they can be differentiated again: with recorded operators, of values that have
    /// their nodes again (`asInput`, `asOutput`).
    ///
    /// Unless an operation says how, its gradients are plain numbers, and a backward that needs their derivative stops.
    func recordedBackward(_ gradient: Tensor<Scalar>) {
        let collected = collecting { noGrad { backward(gradient.detached()) } }
        for (place, collector) in collected {
            collector.forbidBackward(through: [gradient.node] + inputs, of: name)
            destination(place).map { collector.deliver(to: $0) }
        }
    }

    @_specialize(where Scalar == Float)
    override func propagate() {
        if let gradient = takeGradient() { run(gradient) }
    }

    @_specialize(where Scalar == Float)
    override func propagate(keepingIn collector: Node) {
        // Sound because a collector takes the place of a node of its own element type.
        let collector = unsafeDowncast(collector, to: GraphNode<Scalar>.self)
        gradient = collector.gradient.take()
        collector.gradient = takeGradient()
        if let gradient = collector.gradient, leadsOn { run(gradient) }
    }

    private func run(_ gradient: Tensor<Scalar>) {
        if lk_records_gradients() { recordedBackward(gradient) } else { backward(gradient) }
    }

    @_specialize(where Scalar == Float)
    override func dropGradient() { gradient = nil }

    /// The whole gradient that has arrived, after what hooks made of it.
    @_specialize(where Scalar == Float)
    final func takeGradient() -> Tensor<Scalar>? {
        guard extras != nil, let hooks else { return gradient.take() }
        return gradient.take().map { hooks.apply($0) }
    }

    override func viewNode(_ record: some ViewRecord) -> Node { ViewNode<Scalar, _>(input: self, record) }

    override func joinNode(_ inputs: [Node?], _ record: some JoinRecord) -> Node {
        JoinNode<Scalar, _>(inputs: inputs, record)
    }

    override func makeCollector() -> Node { LeafNode<Scalar>() }

    /// Whether input number `place` wants a gradient.
    final func wants(_ place: Int) -> Bool { destination(place) != nil }

    /// Sends input number `place` a part of its gradient, which is computed only if it wants one.
    final func send(_ part: @autoclosure () -> Tensor<Scalar>, to place: Int) {
        input(place)?.accumulate(part())
    }

    /// What takes the gradient of input number `place`, if it wants one.
    final func input(_ place: Int) -> GraphNode<Scalar>? {
        // Sound because an operation that records a `GraphNode<Scalar>` takes tensors of the same `Scalar`.
        destination(place).map { unsafeDowncast($0, to: GraphNode<Scalar>.self) }
    }

    /// A saved value of input number `place` with its node, for `recordedBackward`.
    final func asInput(_ place: Int, _ value: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(storage: value.storage, layout: value.layout, node: inputs[place])
    }

    /// A saved value of the result with its node, for `recordedBackward`.
    final func asOutput(_ value: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor(storage: value.storage, layout: value.layout, node: self)
    }

    /// The gradient that stays here after backward: that of a leaf, or one that the user asked for.
    package var leafGradient: Tensor<Scalar>? {
        get { hooks?.retained }
        set {
            guard let hooks, hooks.retainsGradient else {
                fatalError(
                    "the gradient of a tensor that is not a leaf cannot be set, unless retainGradient() was called")
            }
            hooks.retained = newValue
        }
    }
}

/// A tensor that the user asked the gradient of.
final class LeafNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.

    /// What earlier backward passes have added up; `gradient` is what arrives in the present one.
    private var total: Tensor<Scalar>?

    init() { super.init(inputs: []) }

    @_specialize(where Scalar == Float)
    override func accumulate(shape: [Int], write: (UnsafeMutablePointer<Scalar>, _ adding: Bool) -> Void) {
        // Straight into what is there; with hooks, what arrives is kept apart until they have seen it.
        if extras == nil, gradient == nil, total != nil, total!.node == nil, total!.isUniqueAndContiguous {
            write(total!.storage.pointer + total!.layout.offset, true)  // Not nil: just compared.
        } else {
            super.accumulate(shape: shape, write: write)
        }
    }

    @_specialize(where Scalar == Float)
    override func propagate() {
        if total == nil { return total = takeGradient() }
        guard let part = takeGradient() else { return }
        if records(total!.node, part.node) {  // Not nil: just compared.
            total = total! + part
        } else {
            total!.add(part)
        }
    }

    override var isLeaf: Bool { true }
    override var leafGradient: Tensor<Scalar>? {
        get { total }
        set { total = newValue }
    }

    override func deliver(to destination: Node) {
        // Sound because a collector takes the place of a node of its own element type.
        if let part = gradient.take() ?? total.take() {
            unsafeDowncast(destination, to: GraphNode<Scalar>.self).accumulate(part)
        }
    }

    override var holdsNaN: Bool {
        guard let gradient else { return false }
        return noGrad { (gradient .!= gradient).countTrue > 0 }
    }

    override func forbidBackward(through inputs: [Node?], of name: String) {
        gradient?.node = UndifferentiableNode<Scalar>(inputs: inputs, of: name)
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
