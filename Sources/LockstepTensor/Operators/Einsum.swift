/// Sums of products of elements by Einstein's convention: `einsum("bij,bjk->bik", a, b)` is a batch of matrix products.
///
/// Each operand has a letter for each axis; "..." stands for any further ones, which are broadcast. Axes of one letter are walked
/// together, a letter that is twice in one operand is its diagonal, and what is not behind the arrow is summed over. Without an
/// arrow the letters that are there once, in alphabetical order, are kept. Operands are multiplied from left to right, each pair as one
/// batched matrix product. Gradients: those of the products.
///
/// Stops where the equation does not fit the operands.
///
/// Source: `torch.einsum`.
public func einsum<Scalar: FloatingScalar>(_ equation: String, _ operands: Tensor<Scalar>...) -> Tensor<Scalar> {
    einsum(equation, operands)
}

/// Sums of products of elements by Einstein's convention, of operands in an array; see the other function.
public func einsum<Scalar: FloatingScalar>(_ equation: String, _ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let plan = EinsteinSum(equation, operands.map(\.shape))
    var left = LabelledTensor(operands[0], plan.operands[0])
    for place in 1..<Swift.max(operands.count, 1) {
        let right = LabelledTensor(operands[place], plan.operands[place])
        let later = plan.operands[(place + 1)...].reduce(Set(plan.output)) { $0.union($1) }
        left = left.multiplied(by: right, keeping: later)
    }
    return left.summed(keeping: Set(plan.output)).permuted(to: plan.output)
}

/// The products of the elements of two tensors, summed over `count` axes: the last ones of `a` with the first ones of `b`.
///
/// Gradients: those of the product. Stops where the shapes do not fit. Source: `torch.tensordot`.
public func tensordot<Scalar: FloatingScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axes count: Int = 2
) -> Tensor<Scalar> {
    guard count >= 0, count <= a.rank, count <= b.rank else {
        fatalError("tensordot expects dims >= 0 and at most as many as axes, but got dims=\(count)")
    }
    return tensordot(a, b, axes: Array((a.rank - count)..<a.rank), Array(0..<count))
}

/// The products of the elements of two tensors, summed over pairs of axes: `first` of `a` with `second` of `b`.
///
/// The result has the other axes of `a` and then those of `b`. Stops where the shapes do not fit. Source: `torch.tensordot`.
public func tensordot<Scalar: FloatingScalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axes first: [Int], _ second: [Int]
) -> Tensor<Scalar> {
    let (first, second) = (first.map { a.layout.resolve(axis: $0) }, second.map { b.layout.resolve(axis: $0) })
    guard first.map({ a.shape[$0] }) == second.map({ b.shape[$0] }) else {
        fatalError(
            "contracted dimensions need to match, but got \(a.shape) along \(first) and \(b.shape) along \(second)")
    }
    let (rows, columns) = (
        a.shape.indices.filter { !first.contains($0) }, b.shape.indices.filter { !second.contains($0) }
    )
    let inner = first.map { a.shape[$0] }.reduce(1, *)
    let shapes = (rows.map { a.shape[$0] }, columns.map { b.shape[$0] })
    return a.permuted(rows + first).reshaped(to: [shapes.0.reduce(1, *), inner])
        .matmul(b.permuted(second + columns).reshaped(to: [inner, shapes.1.reduce(1, *)]))
        .reshaped(to: shapes.0 + shapes.1)
}

/// An equation with a number for each axis.
private struct EinsteinSum {
    /// The labels of each operand's axes, and of the result's.
    var operands: [[Int]] = []
    var output: [Int] = []

    init(_ equation: String, _ shapes: [[Int]]) {
        func stop(_ problem: String) -> Never { fatalError("einsum(): \(problem) in '\(equation)'") }
        let text = equation.filter { $0 != " " }
        let arrow = text.indices.first { text[$0...].hasPrefix("->") }
        let terms = text[..<(arrow ?? text.endIndex)].split(separator: ",", omittingEmptySubsequences: false).map(
            String.init)
        guard !shapes.isEmpty, terms.count == shapes.count else {
            stop("\(terms.count) operands were expected and \(shapes.count) given")
        }
        // The axes of an ellipsis have negative numbers, counted from its last axis.
        func labels(_ term: String, _ ellipsis: Int) -> [Int] {
            let parts = term.split(separator: "...", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { stop("an operand has more than one ellipsis") }
            let letters = parts.map { part in
                part.unicodeScalars.map { letter -> Int in
                    guard letter.properties.isAlphabetic, letter.isASCII else { stop("'\(letter)' is no letter") }
                    return Int(letter.value)
                }
            }
            return letters.count == 1 ? letters[0] : letters[0] + (0..<ellipsis).map { $0 - ellipsis } + letters[1]
        }
        var widest = 0
        for (term, shape) in zip(terms, shapes) {
            let own = shape.count - labels(term, 0).count
            guard own == 0 || (own > 0 && term.contains("...")) else {
                stop("'\(term)' does not fit an operand of shape \(shape)")
            }
            widest = max(widest, own)
            operands.append(labels(term, own))
        }
        if let arrow {
            output = labels(String(text[arrow...].dropFirst(2)), widest)
        } else {
            let all = operands.flatMap { $0 }
            output =
                (0..<widest).map { $0 - widest }
                + Set(all).filter { label in label >= 0 && all.count { $0 == label } == 1 }.sorted()
        }
        guard Set(output).count == output.count else { stop("a letter is more than once behind the arrow") }
        if let unknown = output.first(where: { label in label >= 0 && !operands.contains { $0.contains(label) } }) {
            stop("'\(UnicodeScalar(UInt8(unknown)))' is behind the arrow and in no operand")
        }
        var sizes: [Int: Int] = [:]
        for (labels, shape) in zip(operands, shapes) {
            for (label, size) in zip(labels, shape) {
                if let known = sizes[label], known != size, known != 1, size != 1 {
                    stop("sizes \(known) and \(size) of one letter differ for operands \(shapes)")
                }
                sizes[label] = max(sizes[label] ?? 1, size)
            }
        }
    }
}

/// A tensor with a label for each axis, no two equal.
private struct LabelledTensor<Scalar: FloatingScalar> {
    let tensor: Tensor<Scalar>
    let labels: [Int]

    /// Takes the diagonal of axes that have the same label.
    init(_ tensor: Tensor<Scalar>, _ labels: [Int]) {
        var (tensor, labels) = (tensor, labels)
        while let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }) {
            let label = labels[second]
            // Not nil: just found.
            let first = labels.firstIndex(of: label)!
            tensor = tensor.diagonal(axes: first, second)
            labels.remove(at: second)
            labels.remove(at: first)
            labels.append(label)
        }
        (self.tensor, self.labels) = (tensor, labels)
    }

    private func size(_ label: Int) -> Int { labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1 }

    /// Sums over all axes but some.
    func summed(keeping kept: Set<Int>) -> LabelledTensor {
        let axes = labels.indices.filter { !kept.contains(labels[$0]) }
        if axes.isEmpty { return self }
        return LabelledTensor(tensor.sum(axes: axes), labels.filter { kept.contains($0) })
    }

    /// The axes in another order, with new ones of size 1 for labels that are not there.
    func permuted(to order: [Int]) -> Tensor<Scalar> {
        let own = order.filter { labels.contains($0) }
        // Not nil: filtered so.
        let moved = tensor.permuted(own.map { labels.firstIndex(of: $0)! })
        return moved.reshaped(to: order.map { size($0) })
    }

    /// The products of all pairs of elements that have the same labels, summed over what is not kept.
    func multiplied(by other: LabelledTensor, keeping kept: Set<Int>) -> LabelledTensor {
        let mine = summed(keeping: kept.union(other.labels))
        let theirs = other.summed(keeping: kept.union(labels))
        let shared = mine.labels.filter { theirs.labels.contains($0) }
        // An axis of size 1 is stretched, which a sum over it must know.
        let contracted = shared.filter { !kept.contains($0) }
        let batch = shared.filter { kept.contains($0) }
        let rows = mine.labels.filter { !shared.contains($0) }
        let columns = theirs.labels.filter { !shared.contains($0) }
        func common(_ labels: [Int]) -> [Int] { labels.map { max(mine.size($0), theirs.size($0)) } }
        let (batchShape, inner) = (common(batch), common(contracted))
        let (rowShape, columnShape) = (rows.map(mine.size), columns.map(theirs.size))
        let a = mine.permuted(to: batch + rows + contracted).expanded(to: batchShape + rowShape + inner)
        let b = theirs.permuted(to: batch + contracted + columns).expanded(to: batchShape + inner + columnShape)
        let (count, width) = (batchShape.reduce(1, *), inner.reduce(1, *))
        let product = a.reshaped(to: [count, rowShape.reduce(1, *), width])
            .matmul(b.reshaped(to: [count, width, columnShape.reduce(1, *)]))
        return LabelledTensor(
            product.reshaped(to: batchShape + rowShape + columnShape), batch + rows + columns)
    }
}
