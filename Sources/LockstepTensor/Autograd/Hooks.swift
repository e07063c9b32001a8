/// What few nodes have besides what every operation records.
class NodeExtras {
    /// A name of this node's own.
    final let name: String?
    /// Whether these are `Hooks`.
    var areHooks: Bool { false }

    init(name: String?) { self.name = name }
}

/// Hooks of a node, and the gradient that the user asked to keep.
final class Hooks<Scalar: FloatingScalar>: NodeExtras {
    override var areHooks: Bool { true }

    typealias Hook = (Tensor<Scalar>) -> Tensor<Scalar>?

    var hooks: [(key: Int, hook: Hook)] = []
    var lastKey = 0
    var retainsGradient = false
    var retained: Tensor<Scalar>?

    /// What the hooks, in the order in which they were registered, make of a gradient.
    func apply(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        var gradient = gradient
        for (_, hook) in hooks {
            guard let replacement = hook(gradient) else { continue }
            guard replacement.shape == gradient.shape else {
                fatalError(
                    "hook has returned a tensor of shape \(replacement.shape), expected that of the gradient: "
                        + "\(gradient.shape)")
            }
            gradient = replacement
        }
        if retainsGradient {
            retained = retained.map { $0 + gradient } ?? gradient
        }
        return gradient
    }
}

/// A hook that has been registered, to be removed again.
///
/// Source: `torch.utils.hooks.RemovableHandle`.
public struct HookHandle {
    private let unregister: () -> Void

    fileprivate init(_ unregister: @escaping () -> Void) { self.unregister = unregister }

    /// Removes the hook; nothing happens the second time.
    public func remove() { unregister() }
}

extension GraphNode {
    /// The hooks, if there are any.
    // Sound because the one place that makes them, below, makes those of this element type.
    final var hooks: Hooks<Scalar>? {
        guard let extras, extras.areHooks else { return nil }
        return unsafeDowncast(extras, to: Hooks<Scalar>.self)
    }

    /// The hooks, made where there are none.
    final func makeHooks() -> Hooks<Scalar> {
        if let hooks { return hooks }
        let new = Hooks<Scalar>(name: extras?.name)
        extras = new
        return new
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// Has `hook` called with this tensor's gradient whenever backward has added up all of it, before it is sent on.
    ///
    /// What the hook returns, unless nil, takes the gradient's place: a way to clip, scale or look. Several hooks are called in order.
    /// For a leaf it is called before the gradient is added to what earlier passes have left. Stops for a tensor that does not
    /// require a gradient.
    ///
    /// Source: `torch.Tensor.register_hook`.
    @discardableResult
    public func registerHook(_ hook: @escaping (_ gradient: Tensor) -> Tensor?) -> HookHandle {
        guard let graphNode else { fatalError("cannot register a hook on a tensor that doesn't require gradient") }
        let hooks = graphNode.makeHooks()
        hooks.lastKey += 1
        let key = hooks.lastKey
        hooks.hooks.append((key, hook))
        return HookHandle { [weak hooks] in hooks?.hooks.removeAll { $0.key == key } }
    }

    /// Makes backward keep this tensor's gradient in `gradient`, although the tensor is not a leaf; for a leaf nothing changes.
    ///
    /// Stops for a tensor that does not require a gradient.
    ///
    /// Source: `torch.Tensor.retain_grad`.
    public func retainGradient() {
        guard let graphNode else {
            fatalError("can't retain_grad on Tensor that has requires_grad=False")
        }
        if !graphNode.isLeaf { graphNode.makeHooks().retainsGradient = true }
    }

    /// PyTorch's name of the operation that made this tensor, as printing shows it; nil for a constant and a leaf.
    ///
    /// Source: `torch.Tensor.grad_fn`.
    public var gradientFunctionName: String? { isLeaf ? nil : node?.name }
}

extension Tensor {
    /// This result of an operation that is made of others, with PyTorch's name for it. The last of the others must have made it anew.
    func named(_ name: @autoclosure () -> OperationName) -> Tensor {
        if let node, !node.isLeaf { node.rename(name()) }
        return self
    }
}
