import LockstepFormats
import LockstepTensor
import Testing

extension CommandTests {
    /// Files that cannot be used are named, with the place and what was expected there.
    @Suite struct BadFiles {
        private let folder = TemporaryFolder()
        private let data = TemporaryFolder()

        /// A way to spoil a data set, and what is to be said about it.
        struct Damage: Sendable, CustomTestStringConvertible {
            let name: String
            let file: String
            let change: @Sendable ([UInt8]) -> [UInt8]
            let messages: [String]
            var testDescription: String { name }
        }

        static let damages = [
            Damage(
                name: "wrong magic number", file: "train-images-idx3-ubyte", change: { [9, 9] + $0.dropFirst(2) },
                messages: ["byte 0", "the magic number is 09 09 08 03, expected 00 00 08 03"]),
            Damage(
                name: "cut off", file: "train-images-idx3-ubyte", change: { Array($0.dropLast(1)) },
                messages: ["byte 303", "ends after 287 of the 288 elements"]),
            Damage(
                name: "cut off in its header", file: "train-labels-idx1-ubyte", change: { Array($0.prefix(6)) },
                messages: ["byte 6", "ends here, expected 4 bytes of sizes"]),
            Damage(
                name: "empty", file: "t10k-labels-idx1-ubyte", change: { _ in [] },
                messages: ["byte 0", "expected the 4 bytes of an IDX file's magic number"]),
            Damage(
                name: "label out of range", file: "t10k-labels-idx1-ubyte", change: { $0.dropLast() + [7] },
                messages: ["label 5", "7", "expected"]),
            Damage(
                name: "labels for images", file: "train-images-idx3-ubyte",
                change: { _ in Images.idx(sizes: [24], elements: [UInt8](repeating: 0, count: 24)) },
                messages: ["byte 3", "has 1 dimensions, expected 3 for images"]),
            Damage(
                name: "a training label above the model's outputs", file: "train-labels-idx1-ubyte",
                change: { $0.dropLast() + [200] },
                messages: ["label 23: the class is 200, expected one in 0..<3"]),
            Damage(
                name: "training images of another size", file: "train-images-idx3-ubyte",
                change: { _ in Images.idx(sizes: [24, 3, 5], elements: [UInt8](repeating: 0, count: 360)) },
                messages: ["byte 8: the file has images of 3×5 = 15 pixels", "mlp:12-4-3 takes 12 inputs"]),
            Damage(
                name: "test images of another size", file: "t10k-images-idx3-ubyte",
                change: { _ in Images.idx(sizes: [6, 2, 4], elements: [UInt8](repeating: 0, count: 48)) },
                messages: ["byte 8: the file has images of 2×4 = 8 pixels", "mlp:12-4-3 takes 12 inputs"]),
        ]

        @Test(arguments: damages) func aDamagedDataFileIsNamed(damage: Damage) async throws {
            try Images.write(seed: 1, to: data.path)
            let path = "\(data.path)/\(damage.file)"
            try AtomicFile.write(damage.change(File.read(path)), to: path)
            let job = ["--data", "idx:\(data.path)", "--model", "mlp:12-4-3", "--batch", "4"]
            for mode in [["--single-process"], ["--workers", "1"]] {
                let outcome = try await Lockstep.run(["train"] + mode + job, in: folder.path)
                #expect(outcome.code == 1)
                for message in [path] + damage.messages {
                    #expect(outcome.errors.contains(message), "\(outcome.errors)")
                }
                #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
            }
        }

        @Test func aModelMayHaveMoreOutputsThanLabelsAreUsed() async throws {
            try Images.write(seed: 1, to: data.path)
            let job = ["--data", "idx:\(data.path)", "--model", "mlp:12-5", "--batch", "4", "--epochs", "1"]
            #expect(try await Lockstep.run(["train", "--single-process"] + job, in: folder.path).code == 0)
        }

        /// A disk that is full: no file may grow beyond so many blocks. What a write beyond does to a process is that it fails.
        private func train(_ options: [String], withBlocks blocks: Int) async throws -> Outcome {
            try await Lockstep.run(
                program: "/bin/sh",
                [
                    "-c", "trap '' XFSZ; ulimit -f \(blocks); exec \"$0\" train --single-process --json \"$@\"",
                    Lockstep.binary,
                ] + Jobs.tiny + options, in: folder.path)
        }

        @Test func aDiskThatIsFullInMidRunIsToldWithWhatIsLeftOfTheRun() async throws {
            let outcome = try await train(["--checkpoint-every", "2"], withBlocks: 40)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("checkpoint-00000002.safetensors: cannot write: File too large"))
            #expect(outcome.errors.contains(". No checkpoint had been written yet"))
        }

        @Test func aDiskThatIsFullAtOnceLeavesNoFolder() async throws {
            let outcome = try await train([], withBlocks: 0)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("settings.json: cannot write: File too large"))
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
        }

        @Test func aMissingFolderIsNamed() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--data", "idx:/nonexistent"], in: folder.path)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("/nonexistent: expected a file train-images-idx3-ubyte"))
        }

        @Test func weightsThatCannotBeReadAreNamed() async throws {
            try AtomicFile.write(Array("these are no weights, only words".utf8), to: folder.path + "/words")
            let foreign = Safetensors([("weight", .float32(.init([1, 2], shape: [2])))], metadata: [:])
            try foreign.write(to: folder.path + "/foreign.safetensors")
            for (arguments, message) in [
                (["missing.safetensors"], "missing.safetensors: cannot open for reading: No such file or directory"),
                (["words"], "This is no safetensors file, or it is damaged"),
                (["foreign.safetensors"], "does not say which model its weights are of; say so: --model mlp:"),
                (["foreign.safetensors", "--model", "mlp:784-32-10", "--data", "synthetic"], "foreign.safetensors"),
            ] {
                let outcome = try await Lockstep.run(["evaluate"] + arguments, in: folder.path)
                #expect(outcome.code == 1)
                #expect(outcome.errors.contains(message), "\(outcome.errors)")
            }
        }
    }
}
