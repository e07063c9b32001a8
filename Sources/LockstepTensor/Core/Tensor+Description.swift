extension Tensor: CustomStringConvertible {
    /// The elements in nested brackets, and the shape where there are none or the tensor has more than 1000.
    public var description: String {
        if count == 0 || count > 1000 { return "tensor(shape=\(shape), dtype=\(dtype.rawValue))" }
        return withUnsafeElements { "tensor(\(Tensor.nested($0[...], shape[...])))" }
    }

    private static func nested(_ elements: Slice<UnsafeBufferPointer<Scalar>>, _ shape: ArraySlice<Int>) -> String {
        guard let size = shape.first else { return elements.first.map { "\($0)" } ?? "" }
        let step = elements.count / size
        let rows = (0..<size).map { row in
            let start = elements.startIndex + row * step
            return nested(elements[start..<(start + step)], shape.dropFirst())
        }
        return "[" + rows.joined(separator: ", ") + "]"
    }
}
