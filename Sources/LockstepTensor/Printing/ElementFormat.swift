#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How all elements of one tensor are written, so that they line up.
struct ElementFormat<Scalar: TensorScalar> {
    private enum Style {
        /// Whole numbers of a floating-point type, with a point.
        case whole
        case fixed
        case scientific
        /// Integers and truth values.
        case verbatim
    }

    private let style: Style
    /// The width to which elements are padded on the left.
    let width: Int

    /// The format for the elements that are shown.
    init(_ elements: [Scalar]) {
        guard Scalar.dtype.isFloatingPoint else {
            style = .verbatim
            width = elements.reduce(1) { Swift.max($0, ElementFormat.verbatim($1).count) }
            return
        }
        let values = elements.map(ElementFormat.double).filter { $0.isFinite && $0 != 0 }
        let magnitudes = values.map { Swift.abs($0) }
        guard let smallest = magnitudes.min(), let largest = magnitudes.max() else {
            style = .whole
            width = 1
            return
        }
        if largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4 {
            style = .scientific
        } else {
            style = values.allSatisfy { $0 == $0.rounded(.up) } ? .whole : .fixed
        }
        let style = style
        width = values.reduce(1) { Swift.max($0, ElementFormat.string($1, style).count) }
    }

    /// An element, padded.
    func string(_ element: Scalar) -> String {
        let text =
            style == .verbatim
            ? ElementFormat.verbatim(element) : ElementFormat.string(ElementFormat.double(element), style)
        return String(repeating: " ", count: Swift.max(0, width - text.count)) + text
    }

    private static func verbatim(_ element: Scalar) -> String {
        if let truth = element as? Bool { return truth ? "True" : "False" }
        return "\(element)"
    }

    private static func double(_ element: Scalar) -> Double {
        switch element {
        case let element as Float: Double(element)
        case let element as Double: element
        default: fatalError("\(Scalar.dtype) is not a floating-point type")
        }
    }

    private static func string(_ value: Double, _ style: Style) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        return switch style {
        case .whole: formatted("%.0f", value) + "."
        case .scientific: formatted("%.\(PrintOptions.precision)e", value)
        default: formatted("%.\(PrintOptions.precision)f", value)
        }
    }

    private static func formatted(_ format: String, _ value: Double) -> String {
        withVaList([value]) { arguments in
            // The longest Double has 309 digits before the point.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
                let count = vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
                return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
    }
}
