/// An update rule of Adam's family: one that scales its steps by running averages of the gradient and of its square.
///
/// The averages are kept as `exp_avg` and `exp_avg_sq`; a one-cycle schedule sets β₁. A rule of this kind says how it updates, and
/// has the rest from here.
public protocol MomentRule: UpdateRule {
    /// β₁ and β₂, which the running averages of the gradient and of its square keep a step.
    var betas: (Double, Double) { get set }
    /// ε, which keeps the denominator from being 0.
    var eps: Double { get set }
    /// λ, the factor by which weights shrink towards 0.
    var weightDecay: Double { get set }
}

extension MomentRule {
    public var cycledMomentum: Double? {
        get { betas.0 }
        set { betas.0 = newValue ?? 0 }
    }

    public var problem: String? { momentProblem }

    /// The checks of the settings that every rule of the family has.
    var momentProblem: String? {
        if let problem = problem(eps: eps, weightDecay: 0) { return problem }
        if !(betas.0 >= 0 && betas.0 < 1) { return "Invalid beta parameter at index 0: \(betas.0)" }
        if !(betas.1 >= 0 && betas.1 < 1) { return "Invalid beta parameter at index 1: \(betas.1)" }
        return problem(weightDecay: weightDecay)
    }

    public var states: [(name: String, initial: Float)] { [("exp_avg", 0), ("exp_avg_sq", 0)] }
}
