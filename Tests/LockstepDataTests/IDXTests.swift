import Glibc
import LockstepData
import LockstepFormats
import LockstepTensor
import Testing

@Suite struct IDXTests {
    @Test(arguments: [false, true])
    func readsPlainAndGzippedFilesAlike(gzip: Bool) throws {
        let folder = TemporaryFolder()
        try IDXFixture.write(
            images: IDXFixture.images(3), labels: IDXFixture.labels([1, 0, 4]), gzip: gzip, to: folder)
        let dataset = try ImageDataset(idxFolder: folder.path, split: .train)
        #expect([dataset.count, dataset.rows, dataset.columns, dataset.classes] == [3, 2, 3, 5])
        let batch = try dataset.batch(at: 0..<3)
        #expect(batch.inputs.scalars == (0..<18).map { Float($0) / 255 })
        #expect(batch.targets.scalars == [1, 0, 4])
    }

    @Test func theTestSplitHasTheTrainingSplitsClasses() throws {
        let folder = TemporaryFolder()
        try IDXFixture.write(images: IDXFixture.images(2), labels: IDXFixture.labels([0, 7]), to: folder)
        try IDXFixture.write(images: IDXFixture.images(1), labels: IDXFixture.labels([2]), prefix: "t10k", to: folder)
        #expect(try ImageDataset(idxFolder: folder.path, split: .test).classes == 8)
        try AtomicFile.write(IDXFixture.labels([8]), to: "\(folder.path)/t10k-labels-idx1-ubyte")
        let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .test) }
        #expect(error.source == "\(folder.path)/t10k-labels-idx1-ubyte")
        #expect(error.place == "label 0")
        #expect(error.problem == "the class is 8, expected one in 0..<8")
    }

    @Test func findsNamesWithADot() throws {
        let folder = TemporaryFolder()
        try AtomicFile.write(IDXFixture.images(1), to: "\(folder.path)/train-images.idx3-ubyte")
        try AtomicFile.write(IDXFixture.labels([0]), to: "\(folder.path)/train-labels.idx1-ubyte")
        #expect(try ImageDataset(idxFolder: folder.path, split: .train).count == 1)
    }

    @Test func aMissingFileSaysWhatWasLookedForAndWhatIsThere() throws {
        let folder = TemporaryFolder()
        try AtomicFile.write([1], to: "\(folder.path)/photo.png")
        let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .test) }
        #expect(error.description.contains("expected a file t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz"))
        #expect(error.description.contains("found photo.png"))
        let none = try #require(throws: DataError.self) { try ImageDataset(idxFolder: "/none", split: .test) }
        #expect(none.description.contains("found no folder that can be read"))
    }

    @Test func labelsOutOfRangeAreNamed() throws {
        let folder = TemporaryFolder()
        try IDXFixture.write(images: IDXFixture.images(3), labels: IDXFixture.labels([1, 10, 200]), to: folder)
        let error = try #require(throws: DataError.self) {
            try ImageDataset(idxFolder: folder.path, split: .train, classes: 10)
        }
        #expect(error.description.contains("labels-idx1-ubyte, label 1: the class is 10, expected one in 0..<10"))
    }

    @Test func imagesAndLabelsMustBeAsMany() throws {
        let folder = TemporaryFolder()
        try IDXFixture.write(images: IDXFixture.images(3), labels: IDXFixture.labels([1, 0]), to: folder)
        let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .train) }
        #expect(error.problem.contains("holds 2 labels, expected 3, one for each image of"))
    }

    @Test(arguments: [
        (
            IDXFixture.bytes(type: 0x0D, sizes: [1, 1, 1], elements: [0]),
            "byte 2: holds 32-bit floating-point numbers, expected unsigned bytes"
        ),
        (IDXFixture.labels([1]), "byte 3: has 1 dimensions, expected 3 for images"),
        ([0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 0], "byte 0: the magic number is 89 50 4e 47, expected 00 00 08 03"),
        ([], "byte 0: ends here, expected the 4 bytes"),
        ([0, 0, 8], "byte 3: ends here, expected the 4 bytes"),
        ([0, 0, 8, 3, 0, 0, 0, 1], "byte 8: ends here, expected 12 bytes of sizes"),
        (IDXFixture.bytes(sizes: [1, 0, 2], elements: []), "byte 8: dimension 1 is 0, expected at least 1"),
    ])
    func aHeaderOfAnotherKindIsRefused(bytes: [UInt8], reason: String) throws {
        let folder = TemporaryFolder()
        for gzip in [false, true] {
            try IDXFixture.write(images: bytes, labels: IDXFixture.labels([0]), gzip: gzip, to: folder)
            let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .train) }
            #expect(error.description.contains("train-images-idx3-ubyte"))
            #expect(error.description.contains(reason), "\(error)")
            unlink("\(folder.path)/train-images-idx3-ubyte")
            unlink("\(folder.path)/train-labels-idx1-ubyte")
        }
    }

    @Test func sizesThatTheFileCannotHoldAreRefusedBeforeMemoryIsTaken() throws {
        let folder = TemporaryFolder()
        let huge = 0xFFFF_FFFF
        for sizes in [[huge, huge, huge], [huge, 28, 28], [1 << 20, 1 << 10, 1 << 10], [1000, 28, 28]] {
            for gzip in [false, true] {
                let images = IDXFixture.bytes(sizes: sizes, elements: [1, 2, 3])
                try IDXFixture.write(images: images, labels: IDXFixture.labels([0]), gzip: gzip, to: folder)
                let error = try #require(throws: DataError.self) {
                    try ImageDataset(idxFolder: folder.path, split: .train)
                }
                #expect(error.problem.contains("the header claims \(sizes[0]) x \(sizes[1]) x \(sizes[2]) elements"))
                unlink("\(folder.path)/train-images-idx3-ubyte")
            }
        }
    }

    @Test func bytesAfterTheElementsAreRefused() throws {
        let folder = TemporaryFolder()
        for gzip in [false, true] {
            try IDXFixture.write(
                images: IDXFixture.images(1) + [0], labels: IDXFixture.labels([0]), gzip: gzip, to: folder)
            let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .train) }
            #expect(error.description.contains("byte 22: goes on after the 6 elements"))
            unlink("\(folder.path)/train-images-idx3-ubyte")
        }
    }

    @Test func aFileCutShortAnywhereIsRefused() throws {
        let folder = TemporaryFolder()
        try AtomicFile.write(IDXFixture.labels([0, 1]), to: "\(folder.path)/train-labels-idx1-ubyte")
        let whole = IDXFixture.images(2)
        for count in 0..<whole.count {
            try AtomicFile.write(Array(whole[..<count]), to: "\(folder.path)/train-images-idx3-ubyte")
            #expect(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .train) }
        }
        unlink("\(folder.path)/train-images-idx3-ubyte")
        let packed = try IDXFixture.gzipped(whole, in: folder)
        for count in 0..<packed.count {
            try AtomicFile.write(Array(packed[..<count]), to: "\(folder.path)/train-images-idx3-ubyte.gz")
            #expect(throws: DataError.self, "cut after \(count)") {
                try ImageDataset(idxFolder: folder.path, split: .train)
            }
        }
    }

    @Test func aGzippedFileWithADamagedChecksumIsRefused() throws {
        let folder = TemporaryFolder()
        try AtomicFile.write(IDXFixture.labels([0, 1]), to: "\(folder.path)/train-labels-idx1-ubyte")
        var packed = try IDXFixture.gzipped(IDXFixture.images(2), in: folder)
        packed[packed.count - 8] ^= 1
        try AtomicFile.write(packed, to: "\(folder.path)/train-images-idx3-ubyte.gz")
        let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .train) }
        #expect(error.problem.contains("the gzip stream is damaged (incorrect data check)"), "\(error)")
    }

    @Test func aPipeIsRefusedAndNotWaitedFor() throws {
        let folder = TemporaryFolder()
        try #require(mkfifo("\(folder.path)/train-images-idx3-ubyte", 0o600) == 0)
        try AtomicFile.write(IDXFixture.labels([0]), to: "\(folder.path)/train-labels-idx1-ubyte")
        let error = try #require(throws: DataError.self) { try ImageDataset(idxFolder: folder.path, split: .train) }
        #expect(error.problem == "is no regular file")
    }
}

@Suite(.enabled(if: FashionMNIST.isInstalled, "needs Fashion-MNIST: apt-get install dataset-fashion-mnist"))
struct FashionMNISTTests {
    @Test func theTestSplitIsTheOneThatWasPublished() throws {
        let dataset = try FashionMNIST.load(.test)
        #expect([dataset.count, dataset.rows, dataset.columns, dataset.classes] == [10_000, 28, 28, 10])
        #expect(dataset.classNames[9] == "Ankle boot")
        let batch = try dataset.batch(at: 0..<10_000)
        #expect(batch.targets.scalars.prefix(10) == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
        for digit in 0..<10 { #expect(batch.targets.scalars.count { $0 == digit } == 1000) }
        #expect(batch.inputs.scalars.allSatisfy { 0...1 ~= $0 })
        let mean = batch.inputs.scalars.reduce(0.0) { $0 + Double($1) } / Double(batch.inputs.count)
        #expect(abs(mean - 0.2868) < 1e-4)
    }

    @Test func theTrainingSplitIsTheOneThatWasPublished() throws {
        let dataset = try FashionMNIST.load(.train)
        #expect([dataset.count, dataset.rows, dataset.columns, dataset.classes] == [60_000, 28, 28, 10])
        #expect(dataset.fingerprint == "a7d4d3feb46ecb780d5c5a4e95cca942e1cc2157d1238e944d9938fde06a0233")
        #expect(try dataset.batch(at: 0..<10).targets.scalars == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5])
    }
}
