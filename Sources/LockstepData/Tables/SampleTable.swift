internal import LockstepFormats
package import LockstepTensor

/// Samples with labels, before a loss says whether the labels are classes or numbers.
package struct SampleTable: Sendable {
    /// What the samples are labelled with.
    package enum Labels: Sendable {
        /// The number of each sample's class, [n], with the names of all classes in their order.
        case named(Tensor<Int64>, classes: [String])
        /// Whole numbers, [n, k]: classes where k is 1 and none is negative, or just numbers.
        case integers(Tensor<Int64>)
        /// Other numbers, [n, k].
        case numbers(Tensor<Float>)
    }

    /// The inputs, [n, …].
    package let inputs: Tensor<Float>
    /// What the samples are labelled with.
    package let labels: Labels
    /// Where a label is from, for messages.
    let place: @Sendable (_ row: Int) -> String
    let name: String

    init(name: String, inputs: Tensor<Float>, labels: Labels, place: @escaping @Sendable (Int) -> String) {
        self.name = name
        self.inputs = inputs
        self.labels = labels
        self.place = place
    }

    /// How many samples there are.
    package var count: Int { inputs.shape[0] }

    /// How many labels a sample has.
    package var width: Int {
        switch labels {
        case .named: 1
        case .integers(let values): values.shape[1]
        case .numbers(let values): values.shape[1]
        }
    }

    /// How many classes there are, where the labels can be classes.
    package var classes: Int? {
        switch labels {
        case .named(_, let classes): return classes.count
        case .integers(let values):
            let all = values.scalars
            return width == 1 && all.allSatisfy { $0 >= 0 } ? Int(min(all.max() ?? -1, 1 << 32)) + 1 : nil
        case .numbers: return nil
        }
    }

    /// The names of the classes; empty where the labels are numbers.
    package var classNames: [String] { if case .named(_, let classes) = labels { classes } else { [] } }

    /// Whether each label is 0 or 1, or one of two names.
    package var isBinary: Bool {
        switch labels {
        case .named(_, let classes): classes.count == 2
        case .integers(let values): values.scalars.allSatisfy { $0 == 0 || $0 == 1 }
        case .numbers(let values): values.scalars.allSatisfy { $0 == 0 || $0 == 1 }
        }
    }

    /// The samples with their labels as classes 0 to `classes` − 1. Throws where a label is none.
    package func classDataset(classes: Int) throws -> TensorDataset {
        let targets: Tensor<Int64>
        switch labels {
        case .named(let numbers, _): targets = numbers
        case .integers(let values):
            guard width == 1 else {
                throw DataError(
                    source: name, problem: "has \(width) labels a sample, expected one, the number of the class",
                    remedy: "Name one label, or choose a loss for numbers such as --loss mse")
            }
            targets = values.reshaped(to: [count])
            if let row = targets.scalars.firstIndex(where: { !(0..<Int64(classes)).contains($0) }) {
                throw DataError(
                    source: name, place: place(row),
                    problem: "the class is \(targets.scalars[row]), expected one in 0..<\(classes)",
                    remedy: "Number the classes from 0, or name them with words")
            }
        case .numbers(let values):
            let row = values.scalars.firstIndex { $0 != $0.rounded() } ?? 0
            throw DataError(
                source: name, place: place(row / width),
                problem: "the label is \(values.scalars[row]), expected the number or the name of a class",
                remedy: "Name another label, or choose a loss for numbers such as --loss mse")
        }
        return try TensorDataset(inputs: inputs, targets: targets)
    }

    /// The samples with their labels as numbers; with `probabilities` each must be in 0...1. Throws where a label is no number.
    package func numberDataset(probabilities: Bool) throws -> RegressionDataset {
        let targets: Tensor<Float>
        switch labels {
        case .named(let numbers, let classes):
            guard probabilities, classes.count <= 2 else {
                let shown = classes.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
                throw DataError(
                    source: name, place: place(0),
                    problem:
                        "the labels are \(classes.count) names, \(shown)\(classes.count > 6 ? ", …" : ""), expected "
                        + (probabilities ? "two classes" : "numbers"),
                    remedy: "Choose --loss cross-entropy, or name another label")
            }
            targets = Tensor(numbers.scalars.map(Float.init), shape: [count, 1])
        case .integers(let values): targets = Tensor(values.scalars.map(Float.init), shape: values.shape)
        case .numbers(let values): targets = values
        }
        if probabilities, let row = targets.scalars.firstIndex(where: { !(0...1).contains($0) }) {
            throw DataError(
                source: name, place: place(row / width),
                problem: "the label is \(targets.scalars[row]), expected a probability from 0 to 1",
                remedy: "Give labels of 0 and 1, or choose another --loss")
        }
        return try RegressionDataset(inputs: inputs, targets: targets)
    }

    /// The samples of some rows.
    func rows(_ rows: [Int]) -> SampleTable {
        let labels: Labels =
            switch self.labels {
            case .named(let numbers, let classes): .named(Rows.gather(rows, of: numbers), classes: classes)
            case .integers(let values): .integers(Rows.gather(rows, of: values))
            case .numbers(let values): .numbers(Rows.gather(rows, of: values))
            }
        let place = place
        return SampleTable(name: name, inputs: Rows.gather(rows, of: inputs), labels: labels) { place(rows[$0]) }
    }

    /// The samples in two parts, of which the second has `share` of them, drawn once and for all: by the number of samples
    /// alone, whatever the run's seed, so that the same are always kept apart. Both parts keep the order of the rows.
    ///
    /// Throws where one of the parts has none.
    func split(_ share: Double) throws -> (training: SampleTable, test: SampleTable) {
        let tested = max(1, Int((Double(count) * share).rounded()))
        guard tested < count else {
            throw DataError(
                source: name, problem: "has \(count) samples, of which split=\(share) leaves none to learn from",
                remedy: "Give a smaller split, or more samples")
        }
        let order = ShuffledSampler(count: count, seed: 0).permutation(epoch: 0)
        return (rows(order[tested...].sorted()), rows(order[..<tested].sorted()))
    }
}

/// The samples of a table to learn from, and those to test with, if any.
package typealias SampleSplit = (training: SampleTable, test: SampleTable?)
