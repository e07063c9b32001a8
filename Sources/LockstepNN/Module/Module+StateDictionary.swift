public import LockstepTensor

/// Why weights could not be loaded into a module.
public struct StateDictionaryError: Error, CustomStringConvertible, Sendable, Equatable {
    /// Names of the module that were not given.
    public var missing: [String] = []
    /// Names that were given but are none of the module's.
    public var unexpected: [String] = []
    /// Names whose shapes differ, with the module's shape and the one given.
    public var differing: [Difference] = []

    /// A name whose shapes differ.
    public struct Difference: Sendable, Equatable {
        /// The name in the module.
        public let name: String
        /// The module's shape.
        public let expected: [Int]
        /// The shape that was given.
        public let found: [Int]
    }

    public var description: String {
        var parts: [String] = []
        if !missing.isEmpty { parts.append("missing: \(missing.joined(separator: ", "))") }
        if !unexpected.isEmpty { parts.append("unexpected: \(unexpected.joined(separator: ", "))") }
        for each in differing {
            parts.append("\(each.name) has the shape \(each.found), but the model needs \(each.expected)")
        }
        return "the weights are not those of this model: " + parts.joined(separator: "; ")
    }
}

extension Module {
    /// Snapshots of all parameters, with the names of `namedParameters()`, and of all buffers; PyTorch's `state_dict()`.
    ///
    /// Each has its element type (`num_batches_tracked` of a batch normalization is Int64), so that what `Safetensors` writes is what
    /// PyTorch's `load_state_dict` takes, strictly. A tensor that has several names is listed once, by its first; PyTorch lists it
    /// under each.
    public func stateDictionary() -> [(name: String, tensor: AnyTensor)] {
        noGrad { ModuleTree(of: self).state.map { ($0.name, $0.slot.value) } }
    }

    /// Replaces the values of all parameters and buffers by tensors of one type; see the other function.
    public func load(_ stateDictionary: [(name: String, tensor: Tensor<Float>)]) throws {
        try load(stateDictionary.map { ($0.name, .float32($0.tensor)) })
    }

    /// Replaces the values of all parameters and buffers; PyTorch's `load_state_dict`, strict.
    ///
    /// What `Safetensors(contentsOf:)` read is given as its `tensors`. The order is of no account, and elements of another type are
    /// converted. Further names of a shared one may be given and are passed over.
    ///
    /// Throws `StateDictionaryError`, and changes nothing, when a name is missing or unknown or when a shape differs; the error
    /// lists all of them.
    public func load(_ stateDictionary: [(name: String, tensor: AnyTensor)]) throws {
        let tree = ModuleTree(of: self)
        var given: [String: AnyTensor] = [:]
        for entry in stateDictionary { given[entry.name] = entry.tensor }

        var problem = StateDictionaryError()
        for (name, slot) in tree.state {
            guard let tensor = given[name] else {
                problem.missing.append(name)
                continue
            }
            let expected = noGrad { slot.value.shape }
            if tensor.shape != expected {
                problem.differing.append(.init(name: name, expected: expected, found: tensor.shape))
            }
        }
        let names = Set(tree.state.map(\.name) + tree.aliases.map(\.alias))
        problem.unexpected = stateDictionary.map(\.name).filter { !names.contains($0) }
        guard problem == StateDictionaryError() else { throw problem }

        for (name, slot) in tree.state {
            // Each was found above.
            guard let tensor = given[name] else { continue }
            switch slot {
            case .parameter(let parameter): parameter.value = tensor.to(Float.self)
            case .buffer(let buffer): buffer.load(tensor)
            }
        }
    }

    /// The further names of parameters and buffers that have several, such as a head's that shares its weight with an embedding.
    package final var parameterAliases: [String] { ModuleTree(of: self).aliases.map(\.alias) }

    /// All buffers in declaration order with PyTorch's dotted names.
    public final func namedBuffers() -> [(name: String, buffer: AnyBuffer)] {
        ModuleTree(of: self).state.compactMap { name, slot in
            if case .buffer(let buffer) = slot { (name, buffer) } else { nil }
        }
    }
}

extension ModuleTree.Slot {
    /// The parameter's or the buffer's elements.
    var value: AnyTensor {
        switch self {
        case .parameter(let parameter): .float32(parameter.value)
        case .buffer(let buffer): buffer.tensor
        }
    }
}
