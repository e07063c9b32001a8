public import LockstepTensor

/// A table of comma-separated values, with a name and a type for each column.
///
/// ```swift
/// let table = try CSV(contentsOf: "regression.csv")
/// let x = try table.tensor(["x"])            // [rows, 1], Float
/// let y = try table.integers("label")        // [rows], Int64
/// ```
/// A column holds whole numbers where each of its fields is one that fits Int64, otherwise numbers where each is one, otherwise
/// texts. The reader is strict: a row with another number of fields than the first, a quote in the wrong place or a name that
/// occurs twice is refused with its line. Quoted fields may hold commas, line ends and doubled quotes; spaces around a
/// number do not count; lines end in LF or CR LF.
///
/// Source: RFC 4180.
public struct CSV: Sendable {
    /// The fields of a column, by its type.
    public enum Values: Sendable, Equatable {
        /// Whole numbers, where every field of the column is one.
        case integers([Int64])
        /// Numbers, where every field of the column is one.
        case numbers([Double])
        /// Anything else.
        case texts([String])
    }

    /// One column.
    public struct Column: Sendable, Equatable {
        /// The name in the header; "0", "1", … where there is no header.
        public let name: String
        /// The fields, from the first row on.
        public let values: Values
    }

    /// The columns, in the order of the file.
    public let columns: [Column]
    /// The number of rows, without the header.
    public var rowCount: Int { lines.count }
    /// The line of the file on which each row begins, from 1.
    public let lines: [Int]
    private let source: String

    /// Reads the file at `path`, whose first line holds the columns' names unless `hasHeader` is false.
    ///
    /// Throws an error that names the file, the line, what was expected and what was found.
    public init(contentsOf path: String, hasHeader: Bool = true, delimiter: Unicode.Scalar = ",") throws {
        try self.init(
            parsing: File.read(path, limit: .max), name: path, hasHeader: hasHeader, delimiter: delimiter)
    }

    /// Reads a table from memory; `name` is what errors call it. Stops when `delimiter` is not a single ASCII character.
    public init(
        parsing bytes: [UInt8], name: String = "CSV data", hasHeader: Bool = true, delimiter: Unicode.Scalar = ","
    ) throws {
        guard delimiter.isASCII, !"\"\r\n".unicodeScalars.contains(delimiter) else {
            fatalError("a delimiter is one ASCII character and no quote or line end, found '\(delimiter)'")
        }
        let reader = CSVReader(bytes: bytes, delimiter: UInt8(ascii: delimiter), file: name)
        source = name
        (columns, lines) = try reader.table(hasHeader: hasHeader)
    }

    /// The column of that name. Throws where there is none.
    public func column(_ name: String) throws -> Column {
        guard let column = columns.first(where: { $0.name == name }) else {
            let names = columns.prefix(8).map { "'\($0.name)'" }.joined(separator: ", ")
            throw FormatError(
                file: source, problem: "has no column '\(name)', found \(names)\(columns.count > 8 ? ", …" : "")",
                remedy: "Check the name, and whether the first line is a header")
        }
        return column
    }

    /// The numbers of some columns, [rows, columns]. Throws where one does not exist or holds texts.
    public func tensor(_ names: [String]) throws -> Tensor<Float> {
        let columns = try names.map { try numbers($0) }
        return Tensor(shape: [rowCount, names.count]) { elements in
            for (place, column) in columns.enumerated() {
                for (row, number) in column.enumerated() { elements[row * names.count + place] = Float(number) }
            }
        }
    }

    /// The numbers of one column. Throws where it does not exist or holds texts.
    public func numbers(_ name: String) throws -> [Double] {
        switch try column(name).values {
        case .integers(let values): return values.map(Double.init)
        case .numbers(let values): return values
        case .texts(let values): throw notNumbers(name, values, "number") { CSVReader.number($0) != nil }
        }
    }

    /// The whole numbers of one column, [rows], such as labels. Throws where it does not exist or holds anything else.
    public func integers(_ name: String) throws -> Tensor<Int64> {
        switch try column(name).values {
        case .integers(let values): return Tensor(values, shape: [rowCount])
        case .numbers(let values):
            let row = values.firstIndex { $0 != $0.rounded() } ?? 0
            throw FormatError(
                file: source, place: place(name, row),
                problem: "holds \(values[row]), expected whole numbers", remedy: "Choose another column, or correct it")
        case .texts(let values): throw notNumbers(name, values, "whole number") { CSVReader.integer($0) != nil }
        }
    }

    /// Where the field of a column is that is in row `row`, from 0, for messages.
    package func place(_ column: String, _ row: Int) -> String {
        (lines.indices.contains(row) ? "line \(lines[row]), " : "") + "column '\(column)'"
    }

    private func notNumbers(
        _ name: String, _ values: [String], _ expected: String, isGood: (ArraySlice<UInt8>) -> Bool
    ) -> FormatError {
        let row = values.firstIndex { !isGood(Array($0.utf8)[...]) } ?? 0
        let found = values.isEmpty || values[row].isEmpty ? "is empty" : "holds '\(values[row])'"
        return FormatError(
            file: source, place: place(name, row), problem: "\(found), expected a \(expected)",
            remedy: "Choose another column, or correct it")
    }
}
