// How operations that only move elements are recorded. They exist for every element type, and a type need not know at compile time
// whether it has gradients: the node of an input, which only a floating-point tensor has, makes the node of the result.

extension Tensor {
    /// The node of a view of this tensor, if operations on it are recorded.
    func record(_ make: (Tensor) -> some ViewRecord) -> Node? {
        guard records(node), let node else { return nil }
        return node.viewNode(make(self))
    }

    /// The node of an operation on several tensors, if it is to be recorded.
    static func record(_ inputs: [Node?], _ make: () -> some JoinRecord) -> Node? {
        guard records(inputs), let node = inputs.lazy.compactMap({ $0 }).first else { return nil }
        return node.joinNode(inputs, make())
    }
}

/// What backward needs to know of an operation, for any element type.
protocol OperationRecord: Sendable {
    /// PyTorch's name of the operation's backward.
    var operationName: String { get }

    /// Whether the record holds tensors, which are dropped after backward.
    static var savesTensors: Bool { get }
}

extension OperationRecord {
    var operationName: String { backwardName(ofRecordType: Self.self) }
    static var savesTensors: Bool { false }
}

/// How backward undoes an operation on one tensor, whose result has elements of that tensor.
protocol ViewRecord: OperationRecord {
    /// The gradient of the tensor that was viewed, from that of the view.
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar>

    /// Where the view is a part of the tensor: that part, and the tensor's shape. Its gradient is then added in place.
    var part: (region: Layout, shape: [Int])? { get }
}

extension ViewRecord {
    var part: (region: Layout, shape: [Int])? { nil }
}

/// How backward undoes an operation on several tensors, whose result has elements of theirs.
protocol JoinRecord: OperationRecord {
    /// The gradient of input number `place`, from that of the result; made with recorded operators.
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>, for place: Int) -> Tensor<Scalar>
}

struct ReshapeRecord: ViewRecord {
    let shape: [Int]
    var operationName = "ViewBackward0"
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> { gradient.reshaped(to: shape) }
}

struct PermuteRecord: ViewRecord {
    let axes: [Int]
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        var inverse = axes
        for (place, axis) in axes.enumerated() { inverse[axis] = place }
        return gradient.permuted(inverse)
    }
}

struct TransposeRecord: ViewRecord {
    let first: Int
    let second: Int
    var operationName = "TransposeBackward0"
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        gradient.transposed(first, second)
    }
}

struct ExpandRecord: ViewRecord {
    let shape: [Int]
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> { gradient.summed(to: shape) }
}

struct SliceRecord: ViewRecord {
    var operationName = "SliceBackward0"
    let shape: [Int]
    /// Where the slice lies in a tensor of that shape in row-major order.
    let region: Layout
    var part: (region: Layout, shape: [Int])? { (region, shape) }
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        var whole = Tensor<Scalar>.zeros(shape)
        whole.write(gradient, at: region)
        whole.node = gradient.record { _ in EmbedRecord(region: region) }
        return whole
    }
}

/// Elements put into zeros: what a slice's backward does, and undone by slicing.
struct EmbedRecord: ViewRecord {
    let region: Layout
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let whole = gradient.contiguous()
        let part = Layout(shape: region.shape, strides: region.strides, offset: region.offset + whole.layout.offset)
        return whole.view(part, whole.record { SliceRecord(shape: $0.shape, region: region) })
    }
}

final class ViewNode<Scalar: FloatingScalar, Record: ViewRecord>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var record: Record?

    init(input: Node, _ record: Record) {
        self.record = record
        super.init(inputs: [input])
    }

    @_specialize(kind:partial,where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let record = saved(record)
        if let (region, shape) = record.part {
            input(0)?.accumulate(gradient, at: region, of: shape)
        } else {
            send(record.undo(gradient), to: 0)
        }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let part = saved(record).undo(gradient)
        // A record that undoes its view without recording makes a constant of a gradient that is none.
        if gradient.node != nil, part.node == nil { super.recordedBackward(gradient) } else { send(part, to: 0) }
    }

    @_specialize(kind:partial,where Scalar == Float)
    override func releaseSaved() { if Record.savesTensors { record = nil } }
    override var operationName: String { record?.operationName ?? backwardName(ofRecordType: Record.self) }
}

final class JoinNode<Scalar: FloatingScalar, Record: JoinRecord>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var record: Record?

    init(inputs: [Node?], _ record: Record) {
        self.record = record
        super.init(inputs: inputs)
    }

    @_specialize(kind:partial,where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let record = saved(record)
        for place in inputs.indices { send(record.undo(gradient, for: place), to: place) }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let record = saved(record)
        let parts = inputs.indices.map { wants($0) ? record.undo(gradient, for: $0) : nil }
        // A record that undoes its operation without recording makes a constant of a gradient that is none.
        if gradient.node != nil, parts.contains(where: { $0 != nil && $0?.node == nil }) {
            return super.recordedBackward(gradient)
        }
        for case (let place, let part?) in parts.enumerated() { send(part, to: place) }
    }

    @_specialize(kind:partial,where Scalar == Float)
    override func releaseSaved() { if Record.savesTensors { record = nil } }
    override var operationName: String { record?.operationName ?? backwardName(ofRecordType: Record.self) }
}
