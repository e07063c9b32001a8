import LockstepData
import LockstepTensor
import Testing

@Suite struct SyntheticDigitsTests {
    /// Pinned: every machine and every version must draw the same bytes, or workers could not compare their data.
    @Test func theBytesAreTheSameEverywhere() throws {
        let train = try SyntheticDigits.dataset(.train)
        let test = try SyntheticDigits.dataset(.test)
        #expect([train.count, train.rows, train.columns, train.classes, test.count] == [8000, 28, 28, 10, 2000])
        #expect(train.fingerprint == "c33d6c839dc8827446fc5a6496dc47efe6156741f8cef57efdfdffc74dc1d72b")
        #expect(test.fingerprint == "aba12587d2d6b7c8cf2742aedc2b0428e49b210396316828723cb57a553ca235")
    }

    @Test func aDigitDependsOnItsPlaceAndNotOnTheCount() throws {
        let few = try SyntheticDigits.dataset(.train, count: 30)
        let more = try SyntheticDigits.dataset(.train, count: 60)
        #expect(try more.prefix(30).fingerprint == few.fingerprint)
        let others = [
            try SyntheticDigits.dataset(.test, count: 30), try SyntheticDigits.dataset(.train, seed: 1, count: 30),
        ]
        #expect(Set((others + [few]).map(\.fingerprint)).count == 3)
    }

    @Test func everyPrefixOfTenHoldsEachDigitOnce() throws {
        let batch = try SyntheticDigits.dataset(.test, count: 25).batch(at: 0..<25)
        #expect(batch.targets.scalars == (0..<25).map { Int64($0 % 10) })
    }

    /// Ink enough to see, and inside the picture: the border holds noise and the odd end of a stroke only.
    @Test func everyPictureShowsADigitInItsMiddle() throws {
        let dataset = try SyntheticDigits.dataset(.train, count: 1000)
        for index in 0..<1000 {
            let picture = try dataset.batch(at: [index]).inputs.scalars
            let bright = picture.indices.filter { picture[$0] > 0.4 }
            let inside = bright.filter { 2..<26 ~= $0 / 28 && 2..<26 ~= $0 % 28 }
            #expect(bright.count >= 10, "picture \(index)")
            #expect(Double(inside.count) >= 0.7 * Double(bright.count), "picture \(index)")
        }
    }

    /// The nearest of the ten mean pictures is right far more often than chance: the labels belong to the pictures.
    @Test func digitsLookLikeOthersOfTheirClass() throws {
        let train = try SyntheticDigits.dataset(.train, count: 2000).batch(at: 0..<2000)
        let pixels = train.inputs.scalars
        var means = [[Float]](repeating: .init(repeating: 0, count: 784), count: 10)
        for index in 0..<2000 {
            for pixel in 0..<784 { means[index % 10][pixel] += pixels[index * 784 + pixel] / 200 }
        }
        let test = try SyntheticDigits.dataset(.test, count: 500).batch(at: 0..<500).inputs.scalars
        let right = (0..<500).count { index in
            let distances = means.map { mean in
                (0..<784).reduce(Float(0)) { sum, pixel in
                    let difference = mean[pixel] - test[index * 784 + pixel]
                    return sum + difference * difference
                }
            }
            return distances.indices.min { distances[$0] < distances[$1] } == index % 10
        }
        #expect(right > 300)
    }

    @Test func aCountBelowOneIsRefused() {
        #expect(throws: DataError.self) { try SyntheticDigits.dataset(.train, count: 0) }
    }
}

@Suite struct DataSpecificationTests {
    @Test(arguments: [
        "fashion-mnist", "synthetic", "idx:/data/mnist", "idx:.", "csv:a.csv?label=y",
        "csv:/data/a.csv?label=y,z&features=a%2Cb,c&split=0.25", "csv:a.csv?label=y&test=b.csv", "npz:mnist.npz",
        "npz:a.npz?split=0.5", "text:what?.txt",
    ])
    func descriptionIsWhatWasParsed(text: String) throws {
        #expect(try DataSpecification(parsing: text).description == text)
    }

    @Test(arguments: ["", "mnist", "idx:", "idx", "Fashion-MNIST"])
    func anUnknownOneListsThoseThatThereAre(text: String) throws {
        let error = try #require(throws: DataError.self) { try DataSpecification(parsing: text) }
        #expect(
            error.description.contains(
                "data set '\(text)': is not known, expected fashion-mnist, synthetic, random, idx:FOLDER, csv:FILE?label=COLUMN, "
            ))
    }

    @Test(arguments: [
        ("csv:x", "does not say which column holds the labels"), ("csv:?label=y", "names no file"),
        ("csv:x?label=", "has the option 'label=' without a value"),
        ("csv:x?label", "has the option 'label' without a value"),
        ("csv:x?label=y&colour=z", "has the option 'colour', which there is not"),
        ("csv:x?label=y&label=z", "has the option 'label' twice"), ("csv:x?label=y,y", "names the column 'y' twice"),
        ("csv:x?label=y&features=x,y", "names the column 'y' twice"),
        ("csv:x?label=y&split=0", "split is '0', expected a number between 0 and 1"),
        ("csv:x?label=y&split=1", "split is '1', expected a number between 0 and 1"),
        ("csv:x?label=y&split=half", "split is 'half'"), ("csv:x?label=y&split=0.1&test=z", "has both test and split"),
        ("npz:", "names no file"), ("npz:x?label=y", "has the option 'label', which there is not"),
        ("text:", "names no file"),
    ])
    func optionsThatCannotBeUsedAreNamed(text: String, problem: String) throws {
        let error = try #require(throws: DataError.self) { try DataSpecification(parsing: text) }
        #expect(error.description.contains(problem), "\(error)")
    }

    @Test func automaticIsOneThatCanBeLoaded() throws {
        #expect(try DataSpecification.automatic.load(.test).count >= 2000)
    }
}
