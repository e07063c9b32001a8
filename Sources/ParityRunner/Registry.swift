/// The operators that the runner knows, by PyTorch's names: one table for each kind, next to its adapters in `Operators/`.
enum Registry {
    static let operators: [String: Operator] = [
        unary, pairwise, activations, reductions, movement, products, network, losses,
        furtherFunctions, furtherIndexing, furtherNetwork,
    ].reduce(into: [:]) { all, table in all.merge(table) { _, _ in fatalError("an operator is in two tables") } }
}
