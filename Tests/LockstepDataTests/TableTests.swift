import LockstepData
import LockstepFormats
import LockstepTensor
import Testing

@Suite struct CSVSourceTests {
    /// The samples of a table with this text.
    private func load(_ text: String, _ query: String, test: String? = nil) throws -> SampleSplit {
        let folder = TemporaryFolder()
        try AtomicFile.write(Array(text.utf8), to: folder.path + "/table.csv")
        if let test { try AtomicFile.write(Array(test.utf8), to: folder.path + "/test.csv") }
        let specification = "csv:\(folder.path)/table.csv?\(query.replacing("FOLDER", with: folder.path))"
        guard case .csv(let source) = try DataSpecification(parsing: specification) else { fatalError("no table") }
        return try source.load()
    }

    @Test func columnsBesideTheLabelAreFeatures() throws {
        let table = try load("a,y,b\n1,2,3\n4,5.5,6\n", "label=y").training
        #expect(table.inputs.shape == [2, 2] && table.inputs.scalars == [1, 3, 4, 6])
        let batch = try table.numberDataset(probabilities: false).batch(at: [1, 0])
        #expect(batch.targets.shape == [2, 1] && batch.targets.scalars == [5.5, 2])
        #expect(batch.inputs.scalars == [4, 6, 1, 3])
    }

    @Test func featuresAndSeveralLabelsAreTakenInTheirOrder() throws {
        let table = try load("a,b,c,d\n1,2,3,4\n5,6,7,8\n", "label=d,a&features=c,b").training
        #expect(table.inputs.scalars == [3, 2, 7, 6])
        let data = try table.numberDataset(probabilities: false)
        #expect(try data.batch(at: [0]).targets.scalars == [4, 1])
        #expect(table.width == 2 && table.classes == nil)
    }

    @Test func namesAreClassesInAlphabeticalOrder() throws {
        let table = try load("x,kind\r\n1,\"red, dark\"\r\n2,blue\r\n3,blue\r\n4,green\r\n", "label=kind").training
        #expect(table.classes == 3)
        #expect(try table.classDataset(classes: 3).batch(at: Array(0..<4)).targets.scalars == [2, 0, 0, 1])
    }

    @Test func aNameMayHoldWhatSeparatesOptions() throws {
        let table = try load("\"a,b\",\"c&d\",50%\n1,2,3\n", "label=c%26d&features=50%,a%2Cb").training
        #expect(table.inputs.scalars == [3, 1])
    }

    @Test func oneRowIsEnoughToLearnFrom() throws {
        #expect(try load("x,y\n1,2", "label=y").training.count == 1)
    }

    @Test func aSplitIsTheSameEachTimeAndHasEachRowOnce() throws {
        let text = "x,y\n" + (0..<50).map { "\($0),\($0)\n" }.joined()
        let (first, second) = (try load(text, "label=y&split=0.2"), try load(text, "label=y&split=0.2"))
        let (training, test) = (first.training.inputs.scalars, try #require(first.test).inputs.scalars)
        #expect(test.count == 10 && (training + test).sorted() == (0..<50).map(Float.init))
        #expect(training == training.sorted() && test == test.sorted() && test != (40..<50).map(Float.init))
        #expect(second.training.inputs.scalars == training)
    }

    @Test func testSamplesMayBeInAnotherFile() throws {
        let split = try load("x,k\n1,a\n2,b\n", "label=k&test=FOLDER/test.csv", test: "k,x\nb,7\n")
        let test = try #require(split.test)
        #expect(test.inputs.scalars == [7])
        #expect(try test.classDataset(classes: 2).batch(at: [0]).targets.scalars == [1])
    }

    @Test func otherDataHaveAnotherFingerprint() throws {
        func fingerprint(_ text: String, _ query: String) throws -> String {
            try load(text, query).training.numberDataset(probabilities: false).fingerprint
        }
        let text = "a,b,y\n1,2,3\n4,5,6\n"
        let all = try [
            fingerprint(text, "label=y"), fingerprint(text, "label=b"), fingerprint(text, "label=y&features=b,a"),
            fingerprint(text, "label=y&features=a"), fingerprint("a,b,y\n1,2,3\n4,5,7\n", "label=y"),
        ]
        #expect(Set(all).count == all.count)
        #expect(try fingerprint(text, "label=y") == all[0])
    }

    @Test(arguments: [
        ("", "label=y", "line 1: is empty, expected a header"),
        ("x,y\n", "label=y", "has no rows behind its header"),
        ("x,y\n1,2\n", "label=z", "has no column 'z', found 'x', 'y'"),
        ("x,y\n1,2\n", "label=y&features=w", "has no column 'w'"),
        ("y\n1\n", "label=y", "has no column beside the label"),
        ("x,y\n1,2\n,3\n", "label=y", "line 3, column 'x': is empty, expected a number"),
        ("x,y\n1,2\n2,\n", "label=y", "line 3, column 'y': is empty, expected a label"),
        ("x,y\n1,2\nseven,3\n", "label=y", "line 3, column 'x': holds 'seven', expected a number"),
        ("x,y\n1,2\n\n", "label=y", "line 3: has 1 fields, expected 2"),
        ("x,y\n1,2\nnan,3\n", "label=y", "line 3, column 'x': holds nan, expected a number that Float32 can hold"),
        ("x,y\n1,2\n1e39,3\n", "label=y", "line 3, column 'x': holds 1e+39, expected a number that Float32 can hold"),
        ("x,y\n1,2\n3,inf\n", "label=y", "line 3, column 'y': holds inf"),
        ("x,y\n1,2\n3,4\n5,4O\n", "label=y", "line 4, column 'y': holds '4O', but other rows hold numbers"),
        ("x,y\n1,red\n3,blue\n5,7\n", "label=y", "line 4, column 'y': holds '7', but other rows hold names"),
        ("\"x\nx\",y\n1,2\n3,x\n4,2\n", "label=y", "line 4, column 'y': holds 'x'"),
        ("x,y\n1,2\n", "label=y&split=0.5", "has 1 samples, of which split=0.5 leaves none"),
    ])
    func whatCannotBeUsedIsNamedWithItsLineAndColumn(text: String, query: String, problem: String) throws {
        let error = try #require(throws: (any Error).self) { try load(text, query) }
        #expect("\(error)".contains("table.csv"))
        #expect("\(error)".contains(problem), "\(error)")
    }

    @Test func aTestFileMustHaveTheColumnsAndClassesOfTheOther() throws {
        for (test, problem) in [
            ("k\nb\n", "test.csv: has no column 'x'"),
            ("x,k\n1,c\n", "line 2, column 'k': holds 'c', expected one of 'a', 'b'"),
            ("x,k\n1,2\n", "column 'k': holds numbers, expected names of classes"),
        ] {
            let error = try #require(throws: (any Error).self) {
                try load("x,k\n1,a\n2,b\n", "label=k&test=FOLDER/test.csv", test: test)
            }
            #expect("\(error)".contains(problem), "\(error)")
        }
    }

    @Test func labelsThatAreNoClassesAreNamed() throws {
        let fractions = try load("x,y\n1,2\n2,2.5\n", "label=y").training
        let one = try #require(throws: DataError.self) { try fractions.classDataset(classes: 3) }
        #expect(
            one.description.contains("line 3, column 'y': the label is 2.5, expected the number or the name of a class")
        )
        let negative = try load("x,y\n1,2\n2,-1\n", "label=y").training
        #expect(negative.classes == nil)
        let two = try #require(throws: DataError.self) { try negative.classDataset(classes: 3) }
        #expect(two.description.contains("line 3, column 'y': the class is -1, expected one in 0..<3"))
        let three = try #require(throws: DataError.self) { try negative.numberDataset(probabilities: true) }
        #expect(three.description.contains("line 2, column 'y': the label is 2.0, expected a probability from 0 to 1"))
        let names = try load("x,y\n1,a\n2,b\n3,c\n", "label=y").training
        let four = try #require(throws: DataError.self) { try names.numberDataset(probabilities: false) }
        #expect(four.description.contains("the labels are 3 names, 'a', 'b', 'c', expected numbers"))
    }
}

@Suite struct NPZSourceTests {
    private func load(_ arrays: [(name: String, tensor: AnyTensor)], _ query: String = "") throws -> SampleSplit {
        let folder = TemporaryFolder()
        try NPZ(arrays).write(to: folder.path + "/data.npz")
        guard case .npz(let source) = try DataSpecification(parsing: "npz:\(folder.path)/data.npz\(query)") else {
            fatalError("no arrays")
        }
        return try source.load()
    }

    private func floats(_ shape: [Int]) -> AnyTensor { .float32(.ones(shape)) }
    private func classes(_ count: Int) -> AnyTensor { .int64(Tensor((0..<count).map(Int64.init))) }

    @Test func bytesArePixelsAndLabelsOfAnyWholeTypeClasses() throws {
        let images = AnyTensor.uint8(Tensor((0..<24).map { UInt8($0 * 10) }, shape: [4, 2, 3]))
        let split = try load([
            ("x_train", images), ("y_train", .uint8(Tensor([0, 1, 2, 1]))), ("x_test", images),
            ("y_test", .int32(Tensor([0, 0, 1, 1]))),
        ])
        #expect(split.training.inputs.shape == [4, 2, 3] && split.training.inputs.scalars[5] == Float(50) / 255)
        #expect(split.training.classes == 3 && split.test?.count == 4)
    }

    @Test func otherNumbersAreLabelsToBePredicted() throws {
        let split = try load([("x", floats([4])), ("y", .float64(.ones([4, 2])))], "?split=0.25")
        #expect(split.training.inputs.shape == [3, 1] && split.training.width == 2 && split.test?.count == 1)
    }

    @Test func arraysThatCannotBeUsedAreNamed() throws {
        let nan = AnyTensor.float32(Tensor([0, 1, .nan, 3], shape: [2, 2]))
        for (arrays, query, problem) in [
            ([("a", floats([2]))], "", "holds 'a', expected 'x_train' and 'y_train', or 'x' and 'y'"),
            ([], "", "holds no array"), ([("x", floats([2, 2]))], "", "array 'y': is missing"),
            ([("x", floats([2, 2])), ("y", classes(3))], "", "array 'y': has shape [3] and 'x' [2, 2]"),
            ([("x", floats([0, 2])), ("y", classes(0))], "", "with no size of 0"),
            ([("x", floats([2, 0])), ("y", classes(2))], "", "array 'y': has shape [2] and 'x' [2, 0]"),
            ([("x", floats([2, 2])), ("y", floats([2, 0]))], "", "array 'y': has shape [2, 0]"),
            ([("x", floats([])), ("y", floats([]))], "", "array 'y': has shape [] and 'x' []"),
            ([("x", nan), ("y", classes(2))], "", "array 'x': element 2, in row 1, is nan"),
            ([("x", floats([1, 2])), ("y", classes(1))], "?split=0.5", "leaves none to learn from"),
            (
                [
                    ("x_train", floats([2, 2])), ("y_train", classes(2)), ("x_test", floats([2, 3])),
                    ("y_test", classes(2)),
                ], "", "array 'x_test': has shape [2, 3]"
            ),
            (
                [
                    ("x_train", floats([2, 2])), ("y_train", classes(2)), ("x_test", floats([2, 2])),
                    ("y_test", classes(2)),
                ], "?split=0.5", "has 'x_test' of its own, but split is given"
            ),
        ] as [([(name: String, tensor: AnyTensor)], String, String)] {
            let error = try #require(throws: (any Error).self) { try load(arrays, query) }
            #expect("\(error)".contains("data.npz"))
            #expect("\(error)".contains(problem), "\(error)")
        }
    }
}

@Suite struct TextTests {
    @Test func theVocabularyIsTheSortedSetOfCharacters() throws {
        let vocabulary = try TextCorpus(parsing: Array("bä\r\na€b".utf8), name: "a text").vocabulary
        #expect(vocabulary.characters == ["\n", "\r", "a", "b", "ä", "€"])
        #expect(try vocabulary.encode("äb€") == [4, 3, 5])
        #expect(vocabulary.decode([4, 3, 5]) == "äb€")
        let error = try #require(throws: DataError.self) { try vocabulary.encode("ax") }
        #expect(error.description.contains("the character 'x' (U+78) does not occur in the text"))
    }

    @Test func stretchesFollowEachOtherAndTargetsAreOneAhead() throws {
        let corpus = try TextCorpus(parsing: Array("abcdefghijklmnopqrst".utf8), name: "a text")
        let (training, test) = (TextDataset(corpus, .train, context: 5), TextDataset(corpus, .test, context: 1))
        // Eighteen characters to learn from: the last two are no target of a whole stretch.
        #expect(training.count == 3 && test.count == 1)
        let batch = try training.batch(at: [2, 0])
        #expect(batch.inputs.shape == [2, 5] && batch.targets.shape == [2, 5])
        #expect(
            corpus.vocabulary.decode(batch.inputs.scalars) == "klmnoabcde"
                && corpus.vocabulary.decode(batch.targets.scalars) == "lmnopbcdef")
        #expect(corpus.vocabulary.decode(try test.batch(at: [0]).inputs.scalars) == "s")
        #expect(TextDataset(corpus, .test, context: 2).count == 0)
        #expect(throws: DataError.self) { try training.batch(at: [3]) }
    }

    @Test func otherTextsAndStretchesHaveOtherFingerprints() throws {
        func fingerprint(_ text: String, _ context: Int, _ split: DataSplit = .train) throws -> String {
            TextDataset(try TextCorpus(parsing: Array(text.utf8), name: "a text"), split, context: context).fingerprint
        }
        // The second has the same numbers, but other characters.
        let all = try [
            fingerprint("abababababab", 2), fingerprint("acacacacacac", 2), fingerprint("abababababab", 3),
            fingerprint("abababababaa", 2, .test), fingerprint("abababababab", 2, .test),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test func whatIsNoTextIsNamed() throws {
        let empty = try #require(throws: DataError.self) { try TextCorpus(parsing: [], name: "a.txt") }
        #expect(empty.description.contains("a.txt: is empty, expected a text"))
        let bytes = try #require(throws: DataError.self) {
            try TextCorpus(parsing: [0x61, 0x62, 0xFF, 0x63], name: "a.txt")
        }
        #expect(bytes.description.contains("a.txt, byte 2: is no UTF-8 text"))
        #expect(throws: FormatError.self) { try TextCorpus(contentsOf: "/nonexistent.txt") }
    }
}
