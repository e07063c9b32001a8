/// A size, a stride or a padding along the three axes of a volume; a whole number stands for all.
public struct Size3D: Sendable, Equatable, ExpressibleByIntegerLiteral {
    /// Along the axis of layers, the last but two.
    public var depth: Int
    /// Along the rows' axis, the last but one.
    public var height: Int
    /// Along the columns' axis, the last.
    public var width: Int

    /// One number for each axis.
    public init(_ depth: Int, _ height: Int, _ width: Int) {
        (self.depth, self.height, self.width) = (depth, height, width)
    }
    /// The same number for all axes.
    public init(_ all: Int) { self.init(all, all, all) }
    /// The same number for all axes.
    public init(integerLiteral value: Int) { self.init(value) }

    /// The sizes of a layer.
    var plane: Size2D { Size2D(height, width) }
}
