import LockstepData
import LockstepTensor
import Testing

/// Four images of 2×3 pixels that count up from 0, in classes 2, 0, 1, 2.
func small(classes: Int = 3) throws -> ImageDataset {
    try ImageDataset(
        pixels: (0..<24).map { UInt8($0) }, labels: [2, 0, 1, 2], rows: 2, columns: 3, classes: classes, name: "small")
}

@Suite struct ImageDatasetTests {
    @Test func aBatchHoldsTheImagesAskedForInOrder() throws {
        let batch = try small().batch(at: [3, 0, 3])
        #expect(batch.inputs.shape == [3, 2, 3])
        let expected = (Array(18..<24) + Array(0..<6) + Array(18..<24)).map { Float($0) / 255 }
        #expect(batch.inputs.scalars == expected)
        #expect(batch.targets.shape == [3])
        #expect(batch.targets.scalars == [2, 2, 2])
        #expect(try small().batch(at: 1..<3).targets.scalars == [0, 1])
    }

    @Test func everyByteBecomesTheNearestFloatToItsFractionOf255() throws {
        let dataset = try ImageDataset(pixels: Array(0...255), labels: [0], rows: 16, columns: 16, classes: 1)
        let values = try dataset.batch(at: [0]).inputs.scalars
        for byte in 0...255 { #expect(values[byte] == Float(Double(byte) / 255)) }
    }

    @Test func anEmptyBatchHasNoImages() throws {
        let batch = try small().batch(at: [])
        #expect(batch.inputs.shape == [0, 2, 3])
        #expect(batch.targets.shape == [0])
    }

    @Test(arguments: [-1, 4, Int.min, Int.max])
    func anIndexOutOfRangeIsNamed(index: Int) throws {
        let error = try #require(throws: DataError.self) { try small().batch(at: [0, index]) }
        #expect(error.description.contains("small, index \(index): there is no such image, expected an index in 0..<4"))
    }

    @Test func theFingerprintChangesWithAnythingThatSamplesDependOn() throws {
        let pixels = (0..<24).map { UInt8($0) }
        var other = pixels
        other[23] ^= 1
        let sets = [
            try small(), try small(classes: 4),
            try ImageDataset(pixels: other, labels: [2, 0, 1, 2], rows: 2, columns: 3, classes: 3),
            try ImageDataset(pixels: pixels, labels: [2, 0, 1, 1], rows: 2, columns: 3, classes: 3),
            try ImageDataset(pixels: pixels, labels: [2, 0, 1, 2], rows: 3, columns: 2, classes: 3),
            try small().prefix(3),
        ]
        #expect(Set(sets.map(\.fingerprint)).count == sets.count)
        // Neither the name nor the classes' names change a sample.
        let renamed = try ImageDataset(
            pixels: pixels, labels: [2, 0, 1, 2], rows: 2, columns: 3, classes: 3, classNames: ["a", "b", "c"],
            name: "x")
        #expect(renamed.fingerprint == sets[0].fingerprint)
        #expect(renamed.fingerprint.count == 64)
    }

    @Test func aPrefixIsTheDataSetOfItsImages() throws {
        let prefix = try small().prefix(3)
        #expect(prefix.count == 3)
        #expect(prefix.classes == 3)
        let made = try ImageDataset(
            pixels: (0..<18).map { UInt8($0) }, labels: [2, 0, 1], rows: 2, columns: 3, classes: 3)
        #expect(prefix.fingerprint == made.fingerprint)
        #expect(try small().prefix(100).fingerprint == small().fingerprint)
        #expect(throws: DataError.self) { try small().prefix(0) }
    }

    @Test func partsThatDoNotFitAreRefused() throws {
        let error = try #require(throws: DataError.self) { try small(classes: 2) }
        #expect(error.description.contains("small, label 0: the class is 2, expected one in 0..<2"))
        for (pixels, labels, rows) in [(5, 1, 2), (12, 1, 2), (0, 0, 2), (6, 1, 0), (6, 1, -2), (6, 1, .max)] {
            #expect(throws: DataError.self) {
                try ImageDataset(
                    pixels: .init(repeating: 0, count: pixels), labels: .init(repeating: 0, count: labels), rows: rows,
                    columns: 3, classes: 3)
            }
        }
    }

    @Test func servesAsAnyDatasetOfLabeledBatches() throws {
        let dataset: any Dataset<LabeledBatch> = try small()
        #expect(try dataset.batch(at: [1][...]).targets.scalars == [0])
    }
}
