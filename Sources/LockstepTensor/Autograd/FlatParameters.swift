/// The memory of a model's parameters: their values one after another in one block, their gradients in another.
final class FlatParameters {
    /// What a slice of the gradients holds.
    private enum Slice { case undefined, zeros, gradient }

    /// All values. Snapshots that users hold are of the same storage, so writers look whether there are any.
    private(set) var values: Storage<Float>
    /// All gradients; nil where none has arrived yet.
    private var gradients: Storage<Float>?
    private var slices: [Slice]
    /// The slices that were lent; where there are any, whoever else holds the block reads these alone, and the others can be written.
    private var lent: Set<Int> = []
    private let ranges: [Range<Int>]
    /// Whether the parameters have been moved to another buffer, so that a change here would have no effect.
    var isAbandoned = false

    /// Called when backward has added the last part to a slice's gradient.
    var gradientIsComplete: ((_ slice: Int) -> Void)?

    var count: Int { values.count }

    /// Takes over a block with the values of slices that have `counts` elements.
    init(values: Storage<Float>, counts: [Int]) {
        self.values = values
        slices = Array(repeating: .undefined, count: counts.count)
        var start = 0
        ranges = counts.map { count in
            defer { start += count }
            return start..<(start + count)
        }
    }

    // MARK: Values

    /// Replaces the elements at `layout`.
    func writeValues(_ source: Tensor<Float>, at layout: Layout) {
        makeValuesUnique()
        var whole = Tensor(storage: values, layout: Layout(contiguous: [count]))
        whole.write(source, at: layout)
    }

    /// Replaces all values without a copy, where a tensor's memory holds nothing else; with one otherwise.
    func adoptValues(_ source: Tensor<Float>) {
        values = FlatParameters.block(of: source)
    }

    func adoptGradients(_ source: Tensor<Float>) {
        gradients = FlatParameters.block(of: source)
        lent = []
        slices = Array(repeating: .gradient, count: slices.count)
    }

    private static func block(of source: Tensor<Float>) -> Storage<Float> {
        let whole =
            source.layout.isContiguous && source.layout.offset == 0 && source.storage.count == source.count
        return whole ? source.storage : source.copied().storage
    }

    func makeValuesUnique() {
        if isKnownUniquelyReferenced(&values) { return }
        let copy = Storage<Float>(uninitialized: count)
        copy.pointer.copy(from: values.pointer, count: count)
        values = copy
    }

    // MARK: Gradients

    func hasGradient(_ slice: Int) -> Bool { slices[slice] == .gradient }

    func dropGradient(_ slice: Int) {
        if lent.contains(slice) { lent = [] }
        slices[slice] = .undefined
    }

    /// Drops all gradients; the block is kept for the next backward.
    func dropGradients() {
        lent = []
        for slice in slices.indices { slices[slice] = .undefined }
    }

    /// Has `write` put a part of a gradient into its slice: over what is there for the first part, added to it for a later one.
    func writeGradient(
        _ slice: Int, at offset: Int, _ write: (UnsafeMutablePointer<Float>, _ adding: Bool) -> Void
    ) {
        if lent.contains(slice) { lent = [] }
        let block = writableGradients()
        write(block.pointer + offset, slices[slice] == .gradient)
        slices[slice] = .gradient
    }

    /// The gradients as they are, for whoever reads the slices that have one.
    func presentGradients() -> Storage<Float>? {
        lent = []
        return gradients
    }

    /// The gradients with zeros where there are none.
    func completeGradients() -> Storage<Float> {
        defer { lent = [] }
        guard slices.contains(.undefined) || gradients == nil else { return gradients! }  // Not nil: just compared.
        return zeroFilled(slices.indices)
    }

    /// The gradients for whoever reads nothing but `range`, with zeros where there are none in it. Backward goes on in the same memory
    /// as long as it has no part to add there.
    func lendGradients(_ range: Range<Int>) -> Storage<Float> {
        let touched = ranges.indices.filter { ranges[$0].overlaps(range) }
        let block = zeroFilled(touched)
        lent.formUnion(touched)
        return block
    }

    /// The gradients' block, to be written, with zeros in those of some slices that have no gradient.
    private func zeroFilled(_ some: some Sequence<Int>) -> Storage<Float> {
        let block = writableGradients()
        for slice in some where slices[slice] == .undefined {
            let range = ranges[slice]
            (block.pointer + range.lowerBound).fill(0, count: range.count)
            slices[slice] = .zeros
        }
        return block
    }

    /// The gradients with zeros where there are none, in a block that no snapshot shares.
    func ownGradients() -> Storage<Float> {
        _ = completeGradients()
        return writableGradients()
    }

    /// Moves the gradients out, with zeros where there are none.
    func takeGradients() -> Storage<Float> {
        let block = completeGradients()
        gradients = nil
        dropGradients()
        return block
    }

    /// The gradients' block, made or copied where it does not belong to this buffer alone.
    private func writableGradients() -> Storage<Float> {
        // Not nil: just compared.
        if gradients != nil, !lent.isEmpty || isKnownUniquelyReferenced(&gradients) { return gradients! }
        let block = Storage<Float>(uninitialized: count)
        if let shared = gradients, slices.contains(where: { $0 != .undefined }) {
            block.pointer.copy(from: shared.pointer, count: count)
        }
        gradients = block
        return block
    }
}
