extension Tensor: CustomStringConvertible {
    /// The tensor as PyTorch prints it with its default options.
    ///
    /// Four digits after the point, or as many as whole numbers need, which is none; scientific notation where the largest magnitude is
    /// more than 1000 times the smallest, above 10⁸ or below 10⁻⁴; columns aligned, lines of 80 characters. Of more than 1000
    /// elements the first and last three along each axis are shown. Then what is not the default: the shape of an empty tensor,
    /// the element type, and how the tensor takes part in autograd.
    ///
    /// Source: `torch.Tensor.__repr__`.
    public var description: String {
        let prefix = "tensor("
        let isDefault: Bool =
            switch dtype {
            case .float32: true
            case .int64, .bool: count > 0
            default: false
            }
        var suffixes: [String] = []
        if count == 0, rank != 1 { suffixes.append("size=" + PrintOptions.tuple(shape)) }
        if !isDefault { suffixes.append("dtype=torch.\(dtype.rawValue)") }
        if let node { suffixes.append(node.isLeaf ? "requires_grad=True" : "grad_fn=<\(node.name)>") }
        return PrintOptions.append(suffixes, to: prefix + elements(indent: prefix.count), indent: prefix.count)
    }

    /// The elements in brackets.
    private func elements(indent: Int) -> String {
        if count == 0 { return "[]" }
        let dense = detached().contiguous()
        let isSummarized = count > PrintOptions.threshold
        return dense.withUnsafeElements { elements in
            var shown: [Scalar] = []
            PrintOptions.forEachShown(dense.shape[...], isSummarized, start: 0) { shown.append(elements[$0]) }
            let format = ElementFormat(shown)
            return nested(elements, 0, dense.shape[...], indent, isSummarized, format)
        }
    }

    private func nested(
        _ elements: UnsafeBufferPointer<Scalar>, _ start: Int, _ shape: ArraySlice<Int>, _ indent: Int,
        _ isSummarized: Bool, _ format: ElementFormat<Scalar>
    ) -> String {
        guard let size = shape.first else { return format.string(elements[start]) }
        let inner = shape.dropFirst()
        let step = inner.reduce(1, *)
        var parts = PrintOptions.shownPlaces(size, isSummarized).map {
            nested(elements, start + $0 * step, inner, indent + 1, isSummarized, format)
        }
        let isCut = parts.count < size
        if !inner.isEmpty {
            if isCut { parts.insert("...", at: PrintOptions.edgeItems) }
            let newLines = String(repeating: "\n", count: inner.count) + String(repeating: " ", count: indent + 1)
            return "[" + parts.joined(separator: "," + newLines) + "]"
        }
        if isCut { parts.insert(" ...", at: PrintOptions.edgeItems) }
        let perLine = Swift.max(1, (PrintOptions.lineWidth - indent) / (format.width + 2))
        let lines = stride(from: 0, to: parts.count, by: perLine).map {
            parts[$0..<Swift.min($0 + perLine, parts.count)].joined(separator: ", ")
        }
        return "[" + lines.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + "]"
    }
}

extension Parameter: CustomStringConvertible {
    /// The parameter as PyTorch prints it.
    public var description: String {
        var leaf = value
        leaf.requiresGrad = requiresGrad
        return "Parameter containing:\n\(leaf)"
    }
}

/// PyTorch's default print options, and what depends on them alone.
enum PrintOptions {
    static let precision = 4
    static let threshold = 1000
    static let edgeItems = 3
    static let lineWidth = 80

    /// The places along an axis that are shown.
    static func shownPlaces(_ size: Int, _ isSummarized: Bool) -> [Int] {
        guard isSummarized, size > 2 * edgeItems else { return Array(0..<size) }
        return Array(0..<edgeItems) + Array((size - edgeItems)..<size)
    }

    /// Calls `body` with the place of each element that is shown.
    static func forEachShown(_ shape: ArraySlice<Int>, _ isSummarized: Bool, start: Int, _ body: (Int) -> Void) {
        guard let size = shape.first else { return body(start) }
        let step = shape.dropFirst().reduce(1, *)
        for place in shownPlaces(size, isSummarized) {
            forEachShown(shape.dropFirst(), isSummarized, start: start + place * step, body)
        }
    }

    /// A shape as Python writes a tuple.
    static func tuple(_ shape: [Int]) -> String {
        "(" + shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? ",)" : ")")
    }

    /// Text with what is to be said of it, each on a new line where the last one is full.
    static func append(_ suffixes: [String], to text: String, indent: Int) -> String {
        var result = text
        // PyTorch counts two more: the newline before the last line, or what would be one, and a closing bracket.
        let lastLine = text.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
        var length = lastLine.count + 2
        for suffix in suffixes {
            if length + suffix.count + 2 > lineWidth {
                result += ",\n" + String(repeating: " ", count: indent) + suffix
                length = indent + suffix.count
            } else {
                result += ", " + suffix
                length += suffix.count + 2
            }
        }
        return result + ")"
    }
}
