/// Something that picks elements along one axis: an integer, which drops the axis, or a range, which keeps it.
///
/// Negative numbers count from the end, and ranges that reach beyond it are cut off, as in PyTorch.
public protocol TensorIndex: Sendable {
    /// The elements picked along an axis of `size`.
    func resolve(size: Int, axis: Int) -> AxisSelection
    /// What the index stands for; a selection from one axis, except for `.newAxis` and `.ellipsis`.
    var role: IndexRole { get }
}

extension TensorIndex {
    /// A selection from one axis.
    public var role: IndexRole { .selection }
}

/// The elements that an index picks along an axis.
public enum AxisSelection: Sendable, Equatable {
    /// One element; the axis is dropped.
    case element(Int)
    /// `count` elements that are `step` apart, from `start` on.
    case range(start: Int, count: Int, step: Int)
}

/// What an index stands for.
public enum IndexRole: Sendable, Equatable {
    /// Elements of one axis.
    case selection
    /// An axis of size 1 that was not there.
    case newAxis
    /// All elements of as many axes as the other indices leave over.
    case ellipsis
}

extension Int: TensorIndex {
    /// The place itself; stops with PyTorch's message where it is out of range.
    public func resolve(size: Int, axis: Int) -> AxisSelection {
        guard self >= -size, self < size else {
            fatalError("index \(self) is out of bounds for dimension \(axis) with size \(size)")
        }
        return .element(self < 0 ? self + size : self)
    }
}

extension Range<Int>: TensorIndex {
    /// The places from the lower bound up to the upper one.
    public func resolve(size: Int, axis: Int) -> AxisSelection { resolveRange(lowerBound, upperBound, size) }
}

extension ClosedRange<Int>: TensorIndex {
    /// The places from the lower bound through the upper one.
    public func resolve(size: Int, axis: Int) -> AxisSelection { resolveThrough(lowerBound, upperBound, size) }
}

extension PartialRangeFrom<Int>: TensorIndex {
    /// The places from the lower bound to the end.
    public func resolve(size: Int, axis: Int) -> AxisSelection { resolveRange(lowerBound, size, size) }
}

extension PartialRangeUpTo<Int>: TensorIndex {
    /// The places up to the bound.
    public func resolve(size: Int, axis: Int) -> AxisSelection { resolveRange(0, upperBound, size) }
}

extension PartialRangeThrough<Int>: TensorIndex {
    /// The places through the bound.
    public func resolve(size: Int, axis: Int) -> AxisSelection { resolveThrough(0, upperBound, size) }
}

/// Elements along an axis that are a step apart: `x[.slice(1, nil, by: 2)]`, where Python writes `x[1::2]`.
public struct SteppedSlice: TensorIndex {
    let start: Int?
    let end: Int?
    let step: Int

    /// The places `start`, `start + step`, … below `end`; from the first, and to the last, where a bound is nil.
    ///
    /// Stops where `step` is not positive, as in PyTorch; `flipped(axes:)` reverses.
    public init(_ start: Int?, _ end: Int?, by step: Int) {
        guard step > 0 else { fatalError("step must be greater than zero") }
        (self.start, self.end, self.step) = (start, end, step)
    }

    /// The places from the start up to the end.
    public func resolve(size: Int, axis: Int) -> AxisSelection {
        resolveRange(start ?? 0, end ?? size, size, step: step)
    }
}

extension TensorIndex where Self == SteppedSlice {
    /// The places `start`, `start + step`, … below `end`; from the first, and to the last, where a bound is nil. Stops where
    /// `step` is not positive.
    public static func slice(_ start: Int? = nil, _ end: Int? = nil, by step: Int = 1) -> SteppedSlice {
        SteppedSlice(start, end, by: step)
    }
}

/// All elements along an axis: `x[.all, 1]`, where Python writes `x[:, 1]`.
public struct AllIndices: TensorIndex {
    /// All elements along an axis.
    public init() {}
    /// The places from the first to the last.
    public func resolve(size: Int, axis: Int) -> AxisSelection { .range(start: 0, count: size, step: 1) }
}

extension TensorIndex where Self == AllIndices {
    /// All elements along an axis.
    public static var all: AllIndices { AllIndices() }
}

/// An index that stands for no single axis of the tensor: `x[.all, .newAxis]`, where Python writes `x[:, None]`, and
/// `x[.ellipsis, 0]`, where it writes `x[..., 0]`.
public struct SpecialIndex: TensorIndex {
    public let role: IndexRole
    /// All elements.
    public func resolve(size: Int, axis: Int) -> AxisSelection { .range(start: 0, count: size, step: 1) }
}

extension TensorIndex where Self == SpecialIndex {
    /// An axis of size 1 that was not there.
    public static var newAxis: SpecialIndex { SpecialIndex(role: .newAxis) }
    /// All elements of as many axes as the other indices leave over.
    public static var ellipsis: SpecialIndex { SpecialIndex(role: .ellipsis) }
}

private func resolveThrough(_ lower: Int, _ last: Int, _ size: Int) -> AxisSelection {
    // The place after the last one from the end is the end, not the first.
    resolveRange(lower, last == -1 ? size : last + 1, size)
}

private func resolveRange(_ lower: Int, _ upper: Int, _ size: Int, step: Int = 1) -> AxisSelection {
    let start = Swift.min(Swift.max(lower < 0 ? lower + size : lower, 0), size)
    let end = Swift.min(Swift.max(upper < 0 ? upper + size : upper, start), size)
    return .range(start: start, count: (end - start + step - 1) / step, step: step)
}

/// The value of a literal that is assigned to elements of a tensor: the 0 of `x[mask] = 0`.
///
/// A type of its own, so that `x[0] *= 2` cannot mean anything but a tensor's `*=`.
public struct ElementLiteral<Scalar: TensorScalar>: Sendable {
    let value: Scalar
}

extension ElementLiteral: ExpressibleByIntegerLiteral where Scalar: ExpressibleByIntegerLiteral {
    /// The value of a whole number.
    public init(integerLiteral value: Scalar.IntegerLiteralType) { self.value = Scalar(integerLiteral: value) }
}

extension ElementLiteral: ExpressibleByFloatLiteral where Scalar: ExpressibleByFloatLiteral {
    /// The value of a number.
    public init(floatLiteral value: Scalar.FloatLiteralType) { self.value = Scalar(floatLiteral: value) }
}

extension ElementLiteral: ExpressibleByBooleanLiteral where Scalar: ExpressibleByBooleanLiteral {
    /// `true` or `false`.
    public init(booleanLiteral value: Scalar.BooleanLiteralType) { self.value = Scalar(booleanLiteral: value) }
}
