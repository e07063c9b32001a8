/// A size, a stride or a padding along the two axes of an image; a whole number stands for both.
///
///     conv2d(images, weight, stride: 2, padding: Size2D(1, 2))
public struct Size2D: Sendable, Equatable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Along the rows' axis, the last but one.
    public var height: Int
    /// Along the columns' axis, the last.
    public var width: Int

    /// One number for each axis.
    public init(_ height: Int, _ width: Int) { (self.height, self.width) = (height, width) }
    /// The same number for both axes.
    public init(_ both: Int) { self.init(both, both) }
    /// The same number for both axes.
    public init(integerLiteral value: Int) { self.init(value) }

    /// As PyTorch writes a pair.
    public var description: String { "[\(height), \(width)]" }
}

/// How many zeros a convolution imagines around its input.
public enum ConvolutionPadding<Size: Sendable & ExpressibleByIntegerLiteral>: Sendable, ExpressibleByIntegerLiteral {
    /// The given number on both sides of each axis.
    case by(Size)
    /// As many as it takes for the output to be as large as the input; where that is an odd number, one more at the end. For a
    /// stride of 1 alone.
    case same

    /// None: windows lie within the input.
    public static var valid: Self { .by(0) }
    /// The given number on both sides of each axis.
    public init(integerLiteral value: Size.IntegerLiteralType) { self = .by(Size(integerLiteral: value)) }
}

extension ConvolutionPadding<Int> {
    /// The same along the columns of an image of one row.
    var ofOneRow: ConvolutionPadding<Size2D> {
        switch self {
        case .by(let size): .by(Size2D(0, size))
        case .same: .same
        }
    }
}
