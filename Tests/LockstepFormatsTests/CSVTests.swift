import LockstepFormats
import LockstepTensor
import Testing

private func csv(_ text: String, hasHeader: Bool = true, delimiter: Unicode.Scalar = ",") throws -> CSV {
    try CSV(parsing: Array(text.utf8), name: "some.csv", hasHeader: hasHeader, delimiter: delimiter)
}

@Suite struct CSVTests {
    @Test func columnsHaveTheirNamesAndTypes() throws {
        let table = try csv("x,label,name\n1.5,3,a\n-2,-4, b\n 1e3 ,+5,7\n")
        #expect(table.rowCount == 3)
        #expect(table.columns.map(\.name) == ["x", "label", "name"])
        #expect(try table.column("x").values == .numbers([1.5, -2, 1000]))
        #expect(try table.column("label").values == .integers([3, -4, 5]))
        #expect(try table.column("name").values == .texts(["a", " b", "7"]))
    }

    @Test func columnsBecomeTensors() throws {
        let table = try csv("x,label\n1.5,3\n-2,4")
        let both = try table.tensor(["label", "x"])
        #expect(both.shape == [2, 2] && both.scalars == [3, 1.5, 4, -2])
        #expect(try table.integers("label").scalars == [3, 4])
        #expect(try table.numbers("label") == [3, 4])
    }

    @Test func quotedFieldsHoldAnything() throws {
        let table = try csv("\"a,b\",\"c\"\"d\"\r\n\"1\",\"two\nlines\"\r\n2,\"\"\r\n")
        #expect(table.columns.map(\.name) == ["a,b", "c\"d"])
        #expect(table.columns[0].values == .integers([1, 2]))
        #expect(table.columns[1].values == .texts(["two\nlines", ""]))
    }

    @Test func tablesMayHaveNoHeaderOrAnotherDelimiter() throws {
        let table = try csv("1;2\n3;4\n", hasHeader: false, delimiter: ";")
        #expect(table.columns.map(\.name) == ["0", "1"])
        #expect(try table.tensor(["0", "1"]).scalars == [1, 2, 3, 4])
        #expect(try csv("\u{FEFF}x\n1\n").column("x").values == .integers([1]))
        #expect(try csv("x\n").rowCount == 0)
    }

    @Test func wholeNumbersBeyondInt64AreNumbers() throws {
        #expect(try csv("x\n9223372036854775807\n").columns[0].values == .integers([.max]))
        #expect(try csv("x\n9223372036854775808\n").columns[0].values == .numbers([0x1p63]))
        #expect(try csv("x\n1\nnan\n-inf\n").numbers("x")[1].isNaN)
        #expect(try csv("x\n0x10\n").columns[0].values == .texts(["0x10"]))
    }

    @Test(arguments: [
        ("", "line 1: is empty, expected a header"),
        ("a,b\n1,2\n3\n", "line 3: has 1 fields, expected 2"),
        ("a,b\n1,2,3\n", "line 2: has 3 fields, expected 2"),
        ("a,b\n\n1,2\n", "line 2: has 1 fields, expected 2"),
        ("a,a\n1,2\n", "line 1: the name 'a' occurs twice"),
        ("a,\n1,2\n", "line 1: column 2 has no name"),
        ("a\n\"1\n", "line 2: a quote is not closed"),
        ("a\nx\"y\n", "line 2: a quote stands within a field"),
        ("a\n\"x\"y\n", "line 2: expected a delimiter or the end of the line behind a field"),
        ("a\n1\r2\n", "line 2: expected a delimiter or the end of the line behind a field"),
        ("a\n\"1\n2\"\n\"x\"y", "line 4: expected a delimiter"),
    ])
    func malformedTablesAreRefusedWithTheLine(text: String, reason: String) throws {
        let error = try #require(throws: FormatError.self) { try csv(text) }
        #expect(error.description.contains("some.csv, \(reason)"), "\(error)")
    }

    /// What is gathered of a column is not copied for each row, which for this table would take the better part of an hour.
    @Test(.timeLimit(.minutes(15))) func longColumnsOfTextsTakeNoLongerARow() throws {
        let rows = 300_000
        let table = try csv("name,number,place\n" + String(repeating: "a,1,b\n", count: rows))
        guard case .texts(let names) = try table.column("name").values else {
            Issue.record("no texts")
            return
        }
        #expect(names.count == rows)
    }

    @Test func columnsOfTheWrongTypeAreNamed() throws {
        let table = try csv("x,y,z\n1,1.5,\n2,2.5,7\n3,x,1\n")
        func message(_ body: () throws -> Void) -> String? {
            #expect(throws: FormatError.self) { try body() }?.description
        }
        #expect(message { _ = try table.column("w") }?.contains("has no column 'w', found 'x', 'y', 'z'") == true)
        #expect(
            message { _ = try table.tensor(["x", "y"]) }?.contains("line 4, column 'y': holds 'x', expected a number")
                == true
        )
        #expect(message { _ = try table.integers("z") }?.contains("line 2, column 'z': is empty") == true)
        #expect(
            message { _ = try csv("x\n1\n2.5\n").integers("x") }?
                .contains("line 3, column 'x': holds 2.5, expected whole numbers") == true)
        #expect(throws: FormatError.self) { try CSV(parsing: [0x61, 0x0A, 0xFF, 0x0A]) }
    }
}
