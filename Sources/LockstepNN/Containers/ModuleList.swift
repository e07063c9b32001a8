import LockstepTensor

/// A list of modules, named by their index, that a model walks as it likes.
///
/// An array does the same; a list can be appended to and shared. Source: `torch.nn.ModuleList`.
///
///     let blocks = ModuleList((0..<4).map { _ in Linear(64, 64) })
///     for block in blocks { x = block(x).relu() }
public final class ModuleList<Element>: Module, MutableCollection, RandomAccessCollection, CustomReflectable {
    private var elements: [Element]

    /// A list of the given modules.
    public init(_ elements: [Element] = []) { self.elements = elements }

    /// The place of the first module.
    public var startIndex: Int { 0 }
    /// The place after the last module.
    public var endIndex: Int { elements.count }
    /// The module at a place.
    public subscript(position: Int) -> Element {
        get { elements[position] }
        set { elements[position] = newValue }
    }

    /// Adds a module at the end.
    public func append(_ element: Element) { elements.append(element) }

    /// The modules under the names that PyTorch gives them.
    public var customMirror: Mirror {
        Mirror(self, children: elements.enumerated().map { (label: String($0.offset), value: $0.element as Any) })
    }
}
