public import LockstepTensor

/// Numbers that a plot can show: a tensor, an array, or a range of whole numbers.
public protocol PlotValues {
    /// The numbers, in order; those of a tensor in row-major order.
    var plotValues: [Double] { get }
}

extension Tensor: PlotValues where Scalar: NumericScalar {
    public var plotValues: [Double] { Tensor<Double>(converting: detached()).scalars }
}

extension Array: PlotValues where Element: PlotNumber {
    public var plotValues: [Double] { map(\.plotNumber) }
}

extension Range: PlotValues where Bound == Int {
    public var plotValues: [Double] { map(Double.init) }
}

extension ClosedRange: PlotValues where Bound == Int {
    public var plotValues: [Double] { map(Double.init) }
}

/// A number of one of the types that an array of plot values may have.
public protocol PlotNumber {
    /// The same number, or the nearest that Double has.
    var plotNumber: Double { get }
}

extension Double: PlotNumber { public var plotNumber: Double { self } }
extension Float: PlotNumber { public var plotNumber: Double { Double(self) } }
extension Int: PlotNumber { public var plotNumber: Double { Double(self) } }
extension Int64: PlotNumber { public var plotNumber: Double { Double(self) } }
extension Int32: PlotNumber { public var plotNumber: Double { Double(self) } }
extension UInt8: PlotNumber { public var plotNumber: Double { Double(self) } }
