import Glibc
import LockstepFormats
import Testing

extension CommandTests {
    /// What a run leaves behind.
    @Suite struct Weights {
        private let folder = TemporaryFolder()
        private static let fashion = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"

        @Test func theDigestIsTheSHA256OfTheFilesData() async throws {
            let finished = try await Lockstep.run(["train", "--workers", "2", "--json"] + Jobs.tiny, in: folder.path)
                .event("finished")
            // Eight bytes of length, so many bytes of header, and the data; checked with another program's SHA-256.
            let path = try #require(finished.weights)
            let bytes = try File.read("\(folder.path)/\(path)")
            let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let sum = try await Lockstep.run(
                program: "/bin/sh", ["-c", "tail -c +\(8 + header + 1) '\(path)' | sha256sum"], in: folder.path)
            #expect(sum.output.prefix(64) == finished.sha256 ?? "none")
        }

        @Test(arguments: [["--single-process"], ["--workers", "3"]])
        func evaluateGivesTheResultOfTheRunsEnd(mode: [String]) async throws {
            let run = try await Lockstep.run(["train", "--json"] + mode + Jobs.tiny, in: folder.path)
            let finished = try run.event("finished")
            for file in [finished.weights, try run.event("checkpoint").path] {
                let path = try #require(file)
                let json = try await Lockstep.run(["evaluate", path, "--json"], in: folder.path)
                let test = try json.event("test")
                #expect(test.accuracy == finished.accuracy)
                #expect("\(test.loss as Any)" == "\(try run.event("test").loss as Any)")
                let plain = try await Lockstep.run(["evaluate", path], in: folder.path)
                #expect(plain.output.contains("sha256      \(try #require(finished.sha256))"))
            }
        }

        @Test func evaluateNeedsTheTestSamplesAloneAndSaysWhereItLooksForThem() async throws {
            let data = TemporaryFolder()
            try Images.write(seed: 1, to: data.path)
            let job = ["--data", "idx:\(data.path)", "--model", "mlp:12-4-3", "--batch", "4", "--epochs", "1"]
            let run = try await Lockstep.run(["train", "--workers", "2", "--json"] + job, in: folder.path)
            let finished = try run.event("finished")
            for name in TemporaryFolder.names(in: data.path) where name.hasPrefix("train-") {
                unlink("\(data.path)/\(name)")
            }
            let weights = try #require(finished.weights)
            // The run's folder says where the data are; the file alone does not.
            let beside = try await Lockstep.run(["evaluate", weights, "--json"], in: folder.path)
            #expect(try beside.event("test").accuracy == finished.accuracy)
            try AtomicFile.write(File.read("\(folder.path)/\(weights)"), to: folder.path + "/alone.safetensors")
            let alone = try await Lockstep.run(["evaluate", "alone.safetensors"], in: folder.path)
            #expect(alone.code == 1)
            #expect(alone.errors.contains("the data of its run are; say so: --data idx:FOLDER"), "\(alone.errors)")
            let told = try await Lockstep.run(
                ["evaluate", "alone.safetensors", "--json", "--data", "idx:\(data.path)"], in: folder.path)
            #expect(try told.event("test").accuracy == finished.accuracy)
        }

        @Test(
            .enabled("needs Fashion-MNIST: apt-get install dataset-fashion-mnist") {
                access(Weights.fashion, R_OK) == 0
            })
        func evaluateTakesTheDataThatAreNamed() async throws {
            let job = ["--data", "fashion-mnist", "--limit", "600", "--epochs", "1", "--model", "mlp:784-32-10"]
            let finished = try await Lockstep.run(
                ["train", "--single-process", "--json"] + job, in: folder.path
            ).event("finished")
            let test = try await Lockstep.run(
                ["evaluate", try #require(finished.weights), "--data", "fashion-mnist", "--json"], in: folder.path
            ).event("test")
            #expect(test.samples == 10_000 && test.accuracy == finished.accuracy)
        }

        @Test(
            .enabled("needs Python with torch and safetensors: set LOCKSTEP_PYTHON to one that has them") {
                await Python.has("torch, safetensors.torch")
            }
        )
        func pyTorchLoadsTheWeightsAndGetsTheSameResult() async throws {
            let data = TemporaryFolder()
            try Images.write(seed: 1, training: 240, test: 90, to: data.path)
            let run = try await Lockstep.run(
                [
                    "train", "--workers", "2", "--json", "--data", "idx:\(data.path)", "--model", "mlp:12-16-8-3",
                    "--batch", "16", "--epochs", "5", "--lr", "0.01",
                ], in: folder.path)
            let finished = try run.event("finished")
            let printed = try await Python.run(
                #"""
                import sys, numpy, torch
                from safetensors.torch import load_file
                from torch.nn import Sequential, Flatten, Linear, ReLU
                model = Sequential(Flatten(), Linear(12, 16), ReLU(), Linear(16, 8), ReLU(), Linear(8, 3))
                model.load_state_dict(load_file(sys.argv[1]), strict=True)
                images = numpy.fromfile(sys.argv[2] + "/t10k-images-idx3-ubyte", numpy.uint8)[16:].reshape(-1, 3, 4)
                labels = torch.from_numpy(numpy.fromfile(sys.argv[2] + "/t10k-labels-idx1-ubyte", numpy.uint8)[8:].astype("int64"))
                with torch.no_grad():
                    scores = model(torch.from_numpy(images.astype("float32") / 255))
                print((scores.argmax(1) == labels).double().mean().item())
                print(torch.nn.functional.cross_entropy(scores, labels).item())
                """#, ["\(folder.path)/\(try #require(finished.weights))", data.path])
            let numbers = printed.split(separator: "\n").compactMap { Double($0) }
            try #require(numbers.count == 2)
            #expect(numbers[0] == finished.accuracy)
            let loss = try #require(finished.testLoss)
            #expect(abs(numbers[1] - loss) <= 1e-5 * abs(loss))
        }
    }
}
