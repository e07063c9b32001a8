import LockstepTensor

/// Modules under names, in the order in which they were put in.
///
/// A Swift dictionary does the same, in the order of its keys. Source: `torch.nn.ModuleDict`.
///
///     let heads: ModuleDict<Linear> = ["digits": Linear(64, 10), "letters": Linear(64, 26)]
public final class ModuleDict<Value>: Module, ExpressibleByDictionaryLiteral, CustomReflectable {
    /// The names, in order.
    public private(set) var keys: [String] = []
    private var elements: [String: Value] = [:]

    /// The given modules under their names; a later one replaces an earlier one of its name.
    public init(_ elements: [(key: String, value: Value)] = []) {
        super.init()
        for (key, value) in elements { self[key] = value }
    }

    /// The modules of a literal.
    public convenience init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements.map { (key: $0.0, value: $0.1) })
    }

    /// The number of modules.
    public var count: Int { keys.count }
    /// The modules, in order.
    public var values: [Value] { keys.compactMap { elements[$0] } }

    /// The module of that name; nil where there is none. Setting adds, replaces, or, with nil, removes it.
    public subscript(key: String) -> Value? {
        get { elements[key] }
        set {
            if newValue == nil { keys.removeAll { $0 == key } } else if elements[key] == nil { keys.append(key) }
            elements[key] = newValue
        }
    }

    /// The modules under their own names.
    public var customMirror: Mirror {
        Mirror(self, children: zip(keys, values).map { (label: $0, value: $1 as Any) })
    }
}
