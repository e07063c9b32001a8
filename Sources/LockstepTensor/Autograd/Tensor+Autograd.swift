import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// A tensor with the given elements in row-major order, whose gradient is wanted where `requiresGrad` is true.
    ///
    /// Stops when the number of elements is not the product of `shape`.
    public init(_ elements: some Collection<Scalar>, shape: [Int], requiresGrad: Bool) {
        self.init(elements, shape: shape)
        if requiresGrad { node = LeafNode<Scalar>() }
    }

    /// Whether the tensor is a leaf whose gradient is wanted or was computed from one.
    ///
    /// Setting it to true makes a tensor that does not require a gradient a leaf; setting it to false cuts it off the graph.
    public var requiresGrad: Bool {
        get { node != nil }
        set {
            if newValue, node == nil { node = LeafNode<Scalar>() }
            if !newValue { node = nil }
        }
    }

    /// This tensor as a leaf of its own, whose gradient is wanted; values are shared.
    ///
    /// Source: `torch.Tensor.requires_grad_`.
    @_specialize(where Scalar == Float)
    public func requiringGrad() -> Tensor { Tensor(storage: storage, layout: layout, node: LeafNode<Scalar>()) }

    /// The gradient that backward has added up here; nil before the first backward, and for a tensor that is not a leaf, unless
    /// `retainGradient` was called.
    ///
    /// It belongs to the leaf, not to the value: copies of the tensor have the same one, and it may be set, or set to nil to
    /// start from zero, through a constant.
    public var gradient: Tensor? {
        get { graphNode?.leafGradient }
        nonmutating set {
            guard let leaf = graphNode else {
                if newValue == nil { return }
                fatalError("a tensor that does not require grad has no gradient to set")
            }
            if let newValue, newValue.shape != shape {
                stopForGradient(of: newValue.shape, to: shape)
            }
            leaf.leafGradient = newValue?.detached()
        }
    }

    /// Whether the tensor is where a graph begins: a constant, a tensor made with `requiresGrad: true`, a parameter's value.
    public var isLeaf: Bool { node?.isLeaf ?? true }

    /// The node with its type.
    var graphNode: GraphNode<Scalar>? {
        // Sound because every floating-point tensor's node is a `GraphNode` of its element type.
        node.map { unsafeDowncast($0, to: GraphNode<Scalar>.self) }
    }

    /// Adds `other`, of the same shape, without recording: in place where nobody else holds the memory. The node stays.
    mutating func add(_ other: Tensor) {
        if isUniqueAndContiguous {
            Tensor.run(.add, self, other, into: storage.pointer + layout.offset, shape: shape)
        } else {
            let node = node
            self = Tensor.computed(.add, self, other)
            self.node = node
        }
    }
}

extension Tensor {
    /// The same values cut off the graph: backward does not go through them.
    ///
    /// Source: `torch.Tensor.detach`.
    @_specialize(where Scalar == Float)
    public func detached() -> Tensor {
        var result = self
        result.node = nil
        return result
    }

    /// Whether elements can be written in place.
    var isUniqueAndContiguous: Bool {
        mutating get { layout.isContiguous && isKnownUniquelyReferenced(&storage) }
    }

    /// Stops where an in-place change would put a leaf's gradient in doubt: outside of `noGrad`.
    func checkNotLeaf() {
        guard let node, node.isLeaf, lk_records_gradients() else { return }
        fatalError("a leaf Variable that requires grad is being used in an in-place operation.")
    }
}

/// Whether an operation on these inputs is to be recorded.
func records(_ a: Node?) -> Bool { a != nil && lk_records_gradients() }
func records(_ a: Node?, _ b: Node?) -> Bool { (a != nil || b != nil) && lk_records_gradients() }
func records(_ nodes: [Node?]) -> Bool { nodes.contains { $0 != nil } && lk_records_gradients() }

/// Stops because a gradient of another shape was assigned.
func stopForGradient(of given: [Int], to shape: [Int]) -> Never {
    fatalError(
        "attempting to assign a gradient of size '\(given)' to a tensor of size '\(shape)'. Please ensure that the gradient "
            + "and the tensor are the same size")
}
