public import LockstepTensor

/// An optimizer whose parameters may be in groups with settings of their own; `SGD`, `Adam` and the others are this class.
///
///     let optimizer = SGD(
///         model.flattened(),
///         groups: [
///             (model.body.parameters, SGDRule(lr: 1e-3, momentum: 0.9)),
///             (model.head.parameters, SGDRule(lr: 1e-2, momentum: 0.9, weightDecay: 1e-4)),
///         ])
///     optimizer.groups[1].learningRate *= 0.5
///
/// A step is one kernel call for each range of the flat buffer that belongs to one group: one call where there are no groups.
public final class GroupedOptimizer<Rule: UpdateRule>: Optimizer {
    public let parameters: ParameterBuffer
    public private(set) var stepCount = 0

    /// The settings of each group, PyTorch's `param_groups`. They may be changed between steps.
    ///
    /// Stops with PyTorch's message when a setting is out of range, and when the number of groups changes.
    public var groups: [Rule] { didSet { checkGroups() } }

    /// The ranges of the flat buffer that each group has.
    private let ranges: [[Range<Int>]]
    private var states: [State] = []

    /// One thing that is remembered for each element.
    private struct State {
        let name: String
        var tensor: Tensor<Float>
        /// Whether no step has written to it.
        var isNew = true
    }

    /// An optimizer of parameters that all have the same settings.
    public init(_ parameters: some ParameterSource, _ rule: Rule) {
        self.parameters = parameters.parameterBuffer
        groups = [rule]
        let entries = self.parameters.entries.map { $0.offset..<$0.offset + $0.count }
        ranges = [Self.merged(entries)]
        start()
    }

    /// An optimizer of groups of parameters of `buffer`, each with settings of its own. Parameters in no group stay as they are.
    ///
    /// Stops when there is no group, or when a parameter is not in the buffer or in more than one group.
    public init(_ buffer: ParameterBuffer, groups: [(parameters: [Parameter], rule: Rule)]) {
        if groups.isEmpty { fatalError("optimizer got an empty parameter list") }
        parameters = buffer
        var places = Dictionary(
            uniqueKeysWithValues: zip(buffer.parameters.map(ObjectIdentifier.init), buffer.entries))
        ranges = groups.map { group in
            let entries = group.parameters.map { parameter in
                guard let entry = places.removeValue(forKey: ObjectIdentifier(parameter)) else {
                    fatalError(
                        buffer.parameters.contains { $0 === parameter }
                            ? "some parameters appear in more than one parameter group"
                            : "a parameter of shape \(parameter.shape) of a group is not in the given ParameterBuffer")
                }
                return entry.offset..<entry.offset + entry.count
            }
            return Self.merged(entries.sorted { $0.lowerBound < $1.lowerBound })
        }
        self.groups = groups.map(\.rule)
        start()
    }

    /// An optimizer of groups of parameters, which are laid into one flat buffer in this order.
    ///
    /// A model that has a flat buffer already is to be given with it. Stops as ``init(_:groups:)`` does.
    public convenience init(groups: [(parameters: [Parameter], rule: Rule)]) {
        self.init(groups.flatMap(\.parameters).parameterBuffer, groups: groups)
    }

    /// Adjacent ranges as one, unless the rule works on one parameter at a time; empty ones left out.
    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for range in ranges where !range.isEmpty {
            if let last = merged.last, last.upperBound == range.lowerBound, !Rule.worksByParameter {
                merged[merged.count - 1] = last.lowerBound..<range.upperBound
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    private func start() {
        checkGroups()
        addMissingStates()
    }

    private func checkGroups() {
        if groups.count != ranges.count {
            fatalError("an optimizer of \(ranges.count) parameter groups cannot be given settings of \(groups.count)")
        }
        if let problem = groups.lazy.compactMap(\.problem).first { fatalError(problem) }
    }

    /// Makes room for what the groups remember: at the start, and when a changed setting (a first momentum) needs more.
    private func addMissingStates() {
        for group in groups {
            for (name, initial) in group.states where !states.contains(where: { $0.name == name }) {
                let start = Tensor<Float>.full([parameters.count], initial)
                states.append(State(name: name, tensor: start))
            }
        }
    }

    public var learningRates: [Double] {
        get { groups.map(\.learningRate) }
        set {
            checkCount(newValue.count)
            for (place, rate) in newValue.enumerated() { groups[place].learningRate = rate }
        }
    }

    public var momenta: [Double?] {
        get { groups.map(\.cycledMomentum) }
        set {
            checkCount(newValue.count)
            for (place, momentum) in newValue.enumerated() { groups[place].cycledMomentum = momentum }
        }
    }

    private func checkCount(_ count: Int) {
        if count != groups.count { fatalError("there are \(groups.count) parameter groups, but \(count) values") }
    }

    @_specialize(where Rule == SGDRule)
    @_specialize(where Rule == AdamRule)
    @_specialize(where Rule == AdamWRule)
    public func step() {
        stepCount += 1
        addMissingStates()
        parameters.update { values, gradients in
            // An empty buffer has no base address, and no range either.
            guard let value = values.baseAddress, let gradient = gradients.baseAddress else { return }
            var pointers: [UnsafeMutablePointer<Float>] = []
            // The tensors are kept alive, and not shared, until the step ends: the pointers stay valid.
            for place in states.indices {
                states[place].tensor.withUnsafeMutableElements { elements in
                    if let start = elements.baseAddress { pointers.append(start) }
                }
            }
            for group in groups.indices {
                for range in ranges[group] {
                    let start = range.lowerBound
                    func update(_ gradients: UnsafePointer<Float>) {
                        groups[group].update(
                            ParameterSlice(
                                count: range.count, values: value + start, gradients: gradients, step: stepCount,
                                states: zip(states, pointers).map { ($0.name, $1 + start, $0.isNew) }))
                    }
                    if groups[group].maximize {
                        // Of a copy: the gradients stay as backward left them.
                        let uphill = -Tensor<Float>(UnsafeBufferPointer(start: gradient + start, count: range.count))
                        uphill.withUnsafeElements { if let start = $0.baseAddress { update(start) } }
                    } else {
                        update(gradient + start)
                    }
                }
            }
        }
        for place in states.indices { states[place].isNew = false }
    }

    public var state: [(name: String, tensor: Tensor<Float>)] { states.map { ($0.name, $0.tensor) } }

    public func restore(state: [(name: String, tensor: Tensor<Float>)], stepCount: Int) throws {
        guard stepCount >= 0 else {
            throw OptimizerError.invalidState("the number of steps is \(stepCount), which is below 0")
        }
        let (names, given) = (states.map(\.name), state.map(\.name))
        guard given.sorted() == names.sorted() else {
            func list(_ names: [String]) -> String { names.isEmpty ? "nothing" : names.joined(separator: ", ") }
            throw OptimizerError.invalidState(
                "the state of \(Rule.name) consists of \(list(names)), but \(list(given)) was given")
        }
        for (name, tensor) in state where tensor.shape != [parameters.count] {
            throw OptimizerError.invalidState(
                "\(name) of \(Rule.name) has the shape \(tensor.shape), but the model's parameters need [\(parameters.count)]"
            )
        }
        states = names.flatMap { name in
            state.filter { $0.name == name }.map {
                State(name: name, tensor: $0.tensor.detached(), isNew: stepCount == 0)
            }
        }
        self.stepCount = stepCount
    }
}
