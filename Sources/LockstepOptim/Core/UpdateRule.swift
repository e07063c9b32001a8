/// How one kind of optimizer changes parameters: its settings and its arithmetic.
///
/// The optimizer, ``GroupedOptimizer``, holds what is common to all: the parameters, their groups, the state and its saving. An
/// optimizer of one's own is a type of this protocol.
public protocol UpdateRule: Sendable {
    /// The optimizer's name in messages.
    static var name: String { get }
    /// The factor γ of each step.
    var learningRate: Double { get set }
    /// The momentum that a one-cycle schedule may set (β₁ where there are betas); nil where there is none.
    var cycledMomentum: Double? { get set }
    /// What PyTorch would say about the first setting that is out of range; nil where there is none.
    var problem: String? { get }
    /// What is remembered for each element: PyTorch's names, and the value that each starts from.
    var states: [(name: String, initial: Float)] { get }
    /// Whether the parameters climb their gradients instead of descending them; false unless a rule has the setting.
    var maximize: Bool { get }
    /// Whether `update` is to be called with one whole parameter at a time, because it takes norms over layers.
    static var worksByParameter: Bool { get }
    /// Changes the values of a slice, and what is remembered of it, by their gradients, whose sign is turned where `maximize` is.
    mutating func update(_ slice: ParameterSlice)
}

extension UpdateRule {
    public static var worksByParameter: Bool { false }
    public var maximize: Bool { false }

    /// The checks of the settings that every rule has.
    func problem(eps: Double? = nil, weightDecay: Double) -> String? {
        if !(learningRate >= 0 && learningRate.isFinite) { return "Invalid learning rate: \(learningRate)" }
        if let eps, !(eps >= 0 && eps.isFinite) { return "Invalid epsilon value: \(eps)" }
        if !(weightDecay >= 0 && weightDecay.isFinite) { return "Invalid weight_decay value: \(weightDecay)" }
        return nil
    }
}

/// Adjacent elements of a flat buffer in one step; its pointers are valid during the call of `update` alone.
public struct ParameterSlice {
    /// The number of elements, at least 1.
    public let count: Int
    /// The elements' values, to be changed.
    public let values: UnsafeMutablePointer<Float>
    /// The elements' gradients, zeros where there were none.
    public let gradients: UnsafePointer<Float>
    /// The number of this step, from 1.
    public let step: Int
    let states: [(name: String, elements: UnsafeMutablePointer<Float>, isNew: Bool)]

    /// What is remembered under that name: as many elements as the slice has. Stops where the rule has no such state.
    public func state(_ name: String) -> UnsafeMutablePointer<Float> { entry(name).elements }

    /// Whether the state of that name has never been written to.
    public func isNew(_ name: String) -> Bool { entry(name).isNew }

    private func entry(_ name: String) -> (name: String, elements: UnsafeMutablePointer<Float>, isNew: Bool) {
        guard let entry = states.first(where: { $0.name == name }) else {
            fatalError("the update rule declares no state '\(name)', only \(states.map(\.name))")
        }
        return entry
    }
}
