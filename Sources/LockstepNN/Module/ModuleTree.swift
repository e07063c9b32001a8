import LockstepTensor

/// What reflection finds in a module.
struct ModuleTree {
    /// The module itself and all modules in it, each once, parents first.
    private(set) var modules: [Module] = []
    /// All parameters in declaration order, each once, by the first of its names.
    private(set) var parameters: [(name: String, parameter: Parameter)] = []
    /// All parameters and buffers in declaration order, each once, by the first of its names.
    private(set) var state: [(name: String, slot: Slot)] = []
    /// What a name in the state dictionary stands for.
    enum Slot {
        case parameter(Parameter)
        case buffer(AnyBuffer)
    }

    /// The further names of parameters and buffers that have several, and the first.
    private(set) var aliases: [(alias: String, name: String)] = []

    private var names: Set<String> = []
    private var firstNames: [ObjectIdentifier: String] = [:]
    /// The modules on the way from the root to the one being looked at: a module that holds its own parent ends there.
    private var path: Set<ObjectIdentifier> = []
    private var known: Set<ObjectIdentifier> = []

    init(of module: Module) { visit(module, "") }

    private mutating func visit(_ module: Module, _ prefix: String) {
        let identity = ObjectIdentifier(module)
        guard path.insert(identity).inserted else { return }
        defer { path.remove(identity) }
        if known.insert(identity).inserted { modules.append(module) }

        // A subclass's mirror comes first; the properties of its superclasses are declared, and initialised by PyTorch, before.
        var mirrors: [Mirror] = []
        var mirror: Mirror? = Mirror(reflecting: module)
        while let current = mirror, current.subjectType != Module.self {
            mirrors.append(current)
            mirror = current.superclassMirror
        }
        for mirror in mirrors.reversed() {
            for child in mirror.children { visit(child.value, prefix + ModuleTree.name(child.label ?? "")) }
        }
    }

    /// Looks at one value; false when there can be nothing in it.
    @discardableResult private mutating func visit(_ value: Any, _ name: String) -> Bool {
        // Asked first, because casting an array to a class would convert all of it where Foundation is there.
        if type(of: value) is AnyClass {
            if let parameter = value as? Parameter {
                if add(parameter, name) {
                    parameters.append((name, parameter))
                    state.append((name, .parameter(parameter)))
                }
            } else if let buffer = value as? AnyBuffer {
                if add(buffer, name) { state.append((name, .buffer(buffer))) }
            } else if let module = value as? Module {
                visit(module, name + ".")
            } else {
                return false
            }
            return true
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            for child in mirror.children { visit(child.value, name) }
        case .collection:
            // An array of anything else can be long: its first element tells.
            for (index, child) in mirror.children.enumerated() {
                guard visit(child.value, "\(name).\(index)") else { return false }
            }
        case .dictionary:
            let entries = mirror.children.map { Array(Mirror(reflecting: $0.value).children) }
            let named = entries.map { (key: "\($0[0].value)", value: $0[1].value) }
            for entry in named.sorted(by: { $0.key < $1.key }) {
                guard visit(entry.value, "\(name).\(entry.key)") else { return false }
            }
        case .tuple, .struct, .enum:
            for child in mirror.children { visit(child.value, "\(name).\(ModuleTree.name(child.label ?? ""))") }
            return !mirror.children.isEmpty
        default:
            return false
        }
        return true
    }

    /// Notes a parameter's or a buffer's name; false where it has been found before.
    private mutating func add(_ object: AnyObject, _ name: String) -> Bool {
        if let first = firstNames[ObjectIdentifier(object)] {
            if first != name { aliases.append((name, first)) }
            return false
        }
        // Files and messages tell parameters apart by their names.
        guard names.insert(name).inserted else { fatalError("two parameters of the module are called '\(name)'") }
        firstNames[ObjectIdentifier(object)] = name
        return true
    }

    /// A property's name as it is written: without what the compiler adds to a lazy one, and a tuple's ".0" without the dot.
    private static func name(_ label: String) -> String {
        let lazy = "$__lazy_storage_$_"
        if label.hasPrefix(lazy) { return String(label.dropFirst(lazy.count)) }
        return label.hasPrefix(".") ? String(label.dropFirst()) : label
    }
}
