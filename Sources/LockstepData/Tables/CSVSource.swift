internal import LockstepFormats
internal import LockstepTensor

/// A table of comma-separated values as a data set: `csv:FILE?label=COLUMN`.
///
/// | option | what it says |
/// | --- | --- |
/// | `label` | the column of the label, or several between commas |
/// | `features` | the columns of the inputs; all others unless given |
/// | `test` | a file with the same columns to test with |
/// | `split` | the share of the rows to test with, such as 0.1 |
///
/// The first line holds the columns' names. Features are numbers. A label is a number, or the name of a class: classes are
/// numbered by their names in alphabetical order.
public struct CSVSource: Sendable, Hashable {
    private let query: SourceQuery
    private let labels: [String]
    private let features: [String]?
    private let share: Double?

    init(parsing text: String) throws {
        query = try SourceQuery(parsing: text, of: "csv", valid: ["label", "features", "test", "split"])
        guard let labels = query.list("label") else {
            throw DataError(
                source: "data set '\(text)'", problem: "does not say which column holds the labels",
                remedy: "Write csv:FILE?label=COLUMN")
        }
        self.labels = labels
        features = query.list("features")
        share = try query.share()
        for (place, name) in labels.enumerated()
        where labels.firstIndex(of: name) != place || features?.contains(name) == true {
            throw DataError(
                source: "data set '\(text)'", problem: "names the column '\(name)' twice",
                remedy: "Name each column once, as a label or as a feature")
        }
        if share != nil, query["test"] != nil {
            throw DataError(
                source: "data set '\(text)'", problem: "has both test and split",
                remedy: "Give test=FILE for samples in another file, or split=0.1 for a part of this one")
        }
    }

    var description: String { query.description }

    /// Reads the samples. Throws an error that names the file, the line and the column.
    package func load() throws -> SampleSplit {
        let table = try CSV(contentsOf: query.path)
        let features = self.features ?? table.columns.map(\.name).filter { !labels.contains($0) }
        guard !features.isEmpty else {
            throw DataError(
                source: query.path, place: "line 1",
                problem: "has no column beside the label, expected at least one feature",
                remedy: "Give a file with features")
        }
        let classes = try classes(in: table)
        let training = try samples(of: table, query.path, features, classes)
        if let share { return try training.split(share) }
        guard let path = query["test"] else { return (training, nil) }
        return (training, try samples(of: CSV(contentsOf: path), path, features, classes))
    }

    /// The names of the classes, in order; nil where the labels are numbers.
    private func classes(in table: CSV) throws -> [String]? {
        guard labels.count == 1, case .texts(let texts) = try table.column(labels[0]).values else { return nil }
        return Set(texts).sorted()
    }

    private func samples(of table: CSV, _ path: String, _ features: [String], _ classes: [String]?) throws
        -> SampleTable
    {
        guard table.rowCount > 0 else {
            throw DataError(
                source: path, problem: "has no rows behind its header, expected at least one",
                remedy: "Give a file with samples")
        }
        for name in features { try CSVSource.checkFinite(try table.numbers(name), name, table, path) }
        let label = labels[0]
        return SampleTable(
            name: path, inputs: try table.tensor(features), labels: try labels(of: table, path, classes),
            place: { table.place(label, $0) })
    }

    private func labels(of table: CSV, _ path: String, _ classes: [String]?) throws -> SampleTable.Labels {
        if let classes {
            guard case .texts(let texts) = try table.column(labels[0]).values else {
                throw DataError(
                    source: path, place: "column '\(labels[0])'", problem: "holds numbers, expected names of classes",
                    remedy: "Give test samples with the labels of those to learn from")
            }
            return .named(try numbers(texts, table, path, classes), classes: classes)
        }
        let columns = try labels.map { try table.column($0) }
        let whole = columns.allSatisfy { if case .integers = $0.values { true } else { false } }
        if whole {
            let values = try labels.map { try table.integers($0) }
            return .integers(values.count == 1 ? values[0].unsqueezed(axis: 1) : stacked(values, axis: 1))
        }
        for name in labels { try CSVSource.checkFinite(try table.numbers(name), name, table, path) }
        return .numbers(try table.tensor(labels))
    }

    /// The numbers of the classes that are named. Throws where one is missing, is not known, or numbers and names are mixed.
    private func numbers(_ texts: [String], _ table: CSV, _ path: String, _ classes: [String]) throws -> Tensor<Int64> {
        func fail(_ row: Int, _ problem: String, _ remedy: String) -> DataError {
            DataError(source: path, place: table.place(labels[0], row), problem: problem, remedy: remedy)
        }
        let known = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int64($0)) })
        let isNumber = texts.map { Double($0.trimmingSpaces) != nil }
        let numbers = isNumber.count { $0 }
        if let row = texts.firstIndex(where: { $0.trimmingSpaces.isEmpty }) {
            throw fail(row, "is empty, expected a label", "Give each sample a label, or leave the row out")
        }
        // One slip in a column of numbers must not make classes of them all.
        if numbers > 0, let row = isNumber.firstIndex(of: numbers * 2 <= texts.count) {
            throw fail(
                row, "holds '\(texts[row])', but other rows hold " + (numbers * 2 > texts.count ? "numbers" : "names"),
                "Correct it: labels are numbers, or names of classes")
        }
        return try Tensor(
            texts.enumerated().map { row, text in
                guard let number = known[text] else {
                    let shown = classes.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
                    throw fail(
                        row, "holds '\(text)', expected one of \(shown)\(classes.count > 6 ? ", …" : "")",
                        "Give test samples of the classes that there are to learn from")
                }
                return number
            })
    }

    private static func checkFinite(_ values: [Double], _ name: String, _ table: CSV, _ path: String) throws {
        guard let row = values.firstIndex(where: { !Float($0).isFinite }) else { return }
        throw DataError(
            source: path, place: table.place(name, row),
            problem: "holds \(values[row]), expected a number that Float32 can hold",
            remedy: "Correct it, or leave the row out")
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
