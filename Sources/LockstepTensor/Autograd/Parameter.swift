import CLockstepKernels

/// A weight of a model: a leaf of the graph that has a value, which an optimizer changes, and a gradient, which backward adds to.
///
/// A parameter is a reference: layers that share one train it together. Its elements lie in a `ParameterBuffer` once its model has
/// been put into one. One parameter must not be used by two threads at once.
///
/// Source: `torch.nn.Parameter`.
public final class Parameter {
    let leaf: ParameterLeaf

    /// A parameter that starts from a copy-on-write copy of `value`.
    public init(_ value: Tensor<Float>) {
        let dense = value.layout.offset == 0 && value.layout.isContiguous ? value : value.copied()
        leaf = ParameterLeaf(FlatParameters(values: dense.storage, counts: [dense.count]), 0, dense.shape, 0)
    }

    /// Elements along each axis.
    public var shape: [Int] { leaf.layout.shape }
    /// The number of elements.
    public var count: Int { leaf.layout.count }

    /// Whether backward computes a gradient, true by default; false freezes the parameter.
    public var requiresGrad = true

    /// The elements.
    ///
    /// Reading gives a snapshot, without a copy, through which backward reaches this parameter (outside of `noGrad`); a later
    /// optimizer step does not change it. Setting replaces the elements; it stops where the shape differs.
    public var value: Tensor<Float> {
        get {
            Tensor(
                storage: leaf.home.values, layout: leaf.layout,
                node: requiresGrad && lk_records_gradients() ? leaf : nil)
        }
        set {
            guard newValue.shape == shape else {
                fatalError("a parameter of shape \(shape) cannot be set to a value of shape \(newValue.shape)")
            }
            leaf.home.writeValues(newValue, at: leaf.layout)
        }
    }

    /// What backward has added up; nil where there was none since the start or `zeroGrad`.
    ///
    /// Reading gives a snapshot without a copy. Setting stops where the shape differs.
    public var gradient: Tensor<Float>? {
        get { leaf.leafGradient }
        set {
            if let newValue, newValue.shape != shape { stopForGradient(of: newValue.shape, to: shape) }
            leaf.leafGradient = newValue
        }
    }

    /// Drops the gradient, so that the next backward starts from none.
    public func zeroGrad() { leaf.leafGradient = nil }
}

/// Where the graph ends at a parameter: gradients are added up in the parameter's slice of a flat buffer.
final class ParameterLeaf: GraphNode<Float>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.

    /// The buffers that hold the parameter, the number of its slice there, and where that lies.
    private(set) var home: FlatParameters
    private(set) var slice: Int
    private(set) var layout: Layout

    init(_ home: FlatParameters, _ slice: Int, _ shape: [Int], _ offset: Int) {
        self.home = home
        self.slice = slice
        layout = Layout(contiguous: shape, offset: offset)
        super.init(inputs: [])
    }

    /// Says where the parameter lies from now on.
    func move(to home: FlatParameters, slice: Int, offset: Int) {
        self.home = home
        self.slice = slice
        layout = Layout(contiguous: layout.shape, offset: offset)
    }

    override var isLeaf: Bool { true }
    override func propagate() {
        // With hooks, what arrives is kept apart until they have seen it.
        if let gradient = takeGradient() { write(gradient) }
        home.gradientIsComplete?(slice)
    }

    override func accumulate(_ part: consuming Tensor<Float>) {
        if extras == nil { write(part) } else { super.accumulate(part) }
    }

    private func write(_ part: Tensor<Float>) {
        let part = part.detached().contiguous()
        home.writeGradient(slice, at: layout.offset) { destination, adding in
            part.withUnsafeElements { elements in
                guard let source = elements.baseAddress else { return }
                if adding {
                    lk_axpy(.float32, elements.count, 1, source, destination)
                } else {
                    destination.copy(from: source, count: elements.count)
                }
            }
        }
    }

    override func accumulate(shape: [Int], write: (UnsafeMutablePointer<Float>, _ adding: Bool) -> Void) {
        if extras == nil {
            home.writeGradient(slice, at: layout.offset, write)
        } else {
            super.accumulate(shape: shape, write: write)
        }
    }

    override var leafGradient: Tensor<Float>? {
        get {
            guard home.hasGradient(slice), let gradients = home.presentGradients() else { return nil }
            return Tensor(storage: gradients, layout: layout)
        }
        set {
            home.dropGradient(slice)
            if let newValue { write(newValue) }
        }
    }
}
