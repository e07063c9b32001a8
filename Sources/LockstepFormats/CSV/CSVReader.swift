/// Goes through the bytes of a CSV table.
struct CSVReader {
    let bytes: [UInt8]
    let delimiter: UInt8
    let file: String

    /// The columns, and the line on which each row behind the header begins.
    func table(hasHeader: Bool) throws -> (columns: [CSV.Column], lines: [Int]) {
        var names: [String] = []
        var builders: [ColumnBuilder] = []
        var lines: [Int] = []
        try forEachRow { line, fields in
            if names.isEmpty {
                names = hasHeader ? try fields.map { try text($0, line) } : fields.indices.map(String.init)
                try checkNames(names, line)
                builders = Array(repeating: ColumnBuilder(), count: names.count)
                if hasHeader { return }
            }
            guard fields.count == names.count else {
                throw error(line, "has \(fields.count) fields, expected \(names.count)")
            }
            for (place, field) in fields.enumerated() { builders[place].add(field) }
            lines.append(line)
        }
        guard !names.isEmpty else { throw error(1, hasHeader ? "is empty, expected a header" : "is empty") }
        // Texts are gathered in a second pass, so that tables of numbers alone need none.
        let textPlaces = builders.indices.filter { builders[$0].isText }
        var gathered = [[String]](repeating: [], count: textPlaces.count)
        if !textPlaces.isEmpty {
            var isHeader = hasHeader
            try forEachRow { line, fields in
                defer { isHeader = false }
                if isHeader { return }
                for (index, place) in textPlaces.enumerated() { gathered[index].append(try text(fields[place], line)) }
            }
        }
        let texts = Dictionary(uniqueKeysWithValues: zip(textPlaces, gathered))
        let columns = builders.indices.map { place in
            CSV.Column(name: names[place], values: texts[place].map(CSV.Values.texts) ?? builders[place].values)
        }
        return (columns, lines)
    }

    private func checkNames(_ names: [String], _ line: Int) throws {
        var seen: Set<String> = []
        for (place, name) in names.enumerated() {
            if name.isEmpty { throw error(line, "column \(place + 1) has no name") }
            if !seen.insert(name).inserted { throw error(line, "the name '\(name)' occurs twice") }
        }
    }

    private func text(_ field: ArraySlice<UInt8>, _ line: Int) throws -> String {
        guard let text = String(validating: field, as: UTF8.self) else {
            throw error(line, "holds bytes that are not UTF-8")
        }
        return text
    }

    private func error(_ line: Int, _ problem: String) -> FormatError {
        FormatError(
            file: file, place: "line \(line)", problem: problem,
            remedy: "Correct the line, or give the delimiter that the file has")
    }

    /// Calls `body` with the number of the line on which each row begins, and the row's fields without their quotes.
    private func forEachRow(_ body: (_ line: Int, _ fields: [ArraySlice<UInt8>]) throws -> Void) throws {
        let (quote, lf, cr) = (UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        // A mark of the encoding, which some programs write first.
        var place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 1
        while place < bytes.count {
            let first = line
            var fields: [ArraySlice<UInt8>] = []
            var rowEnds = false
            while !rowEnds {
                if place < bytes.count, bytes[place] == quote {
                    place += 1
                    var field: [UInt8] = []
                    while true {
                        guard place < bytes.count else { throw error(first, "a quote is not closed") }
                        if bytes[place] == quote {
                            place += 1
                            guard place < bytes.count, bytes[place] == quote else { break }
                        } else if bytes[place] == lf {
                            line += 1
                        }
                        field.append(bytes[place])
                        place += 1
                    }
                    fields.append(field[...])
                } else {
                    let start = place
                    while place < bytes.count, bytes[place] != delimiter, bytes[place] != lf, bytes[place] != cr {
                        if bytes[place] == quote { throw error(line, "a quote stands within a field") }
                        place += 1
                    }
                    fields.append(bytes[start..<place])
                }
                if place == bytes.count {
                    rowEnds = true
                } else if bytes[place] == delimiter {
                    place += 1
                } else {
                    if bytes[place] == cr { place += 1 }
                    guard place == bytes.count || bytes[place] == lf else {
                        throw error(line, "expected a delimiter or the end of the line behind a field")
                    }
                    place += 1
                    line += 1
                    rowEnds = true
                }
            }
            try body(first, fields)
        }
    }

    /// A whole number that fits Int64, with spaces around it.
    static func integer(_ field: ArraySlice<UInt8>) -> Int64? {
        let digits = trimmed(field)
        guard digits.allSatisfy({ 0x30...0x39 ~= $0 || $0 == 0x2B || $0 == 0x2D }) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// A decimal number, infinity or NaN, with spaces around it.
    static func number(_ field: ArraySlice<UInt8>) -> Double? {
        let digits = trimmed(field)
        let text = String(decoding: digits, as: UTF8.self)
        guard !digits.isEmpty else { return nil }
        // Double(_:) would take hexadecimal numbers too.
        let isDecimal = digits.allSatisfy { 0x30...0x39 ~= $0 || "+-.eE".utf8.contains($0) }
        if isDecimal { return Double(text) }
        let isWord = ["nan", "inf", "infinity", "-inf", "-infinity", "+inf", "+infinity"].contains(text.lowercased())
        return isWord ? Double(text) : nil
    }

    private static func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var field = field
        while let first = field.first, first == 0x20 || first == 0x09 { field.removeFirst() }
        while let last = field.last, last == 0x20 || last == 0x09 { field.removeLast() }
        return field
    }
}

/// The numbers of a column while it is read.
private struct ColumnBuilder {
    private var integers: [Int64] = []
    private var numbers: [Double] = []
    private var areIntegers = true
    private(set) var isText = false

    mutating func add(_ field: ArraySlice<UInt8>) {
        if isText { return }
        if areIntegers {
            if let integer = CSVReader.integer(field) { return integers.append(integer) }
            areIntegers = false
            numbers = integers.map(Double.init)
            integers = []
        }
        if let number = CSVReader.number(field) { return numbers.append(number) }
        isText = true
        numbers = []
    }

    var values: CSV.Values { areIntegers ? .integers(integers) : .numbers(numbers) }
}
