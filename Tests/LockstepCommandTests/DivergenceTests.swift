import Glibc
import LockstepFormats
import LockstepTensor
import Testing

extension CommandTests {
    /// Bits that flip in the memory of real workers.
    @Suite(.enabled("this user may not write into another process's memory") { await ProcessMemory.isPermitted() })
    struct Divergence {
        private let folder = TemporaryFolder()

        /// Six thousand steps. SGD alone moves no weight of a pixel that is black in all images.
        private let job: [String]

        init() throws {
            let images = folder.path + "/images.npz"
            try Samples.images(1600, side: 28, black: 28, to: images)
            job = [
                "--data", "npz:\(images)", "--model", "mlp:784-32-10", "--optimizer", "sgd", "--lr", "0.05", "--batch",
                "32", "--microbatches", "4", "--epochs", "120",
            ]
        }

        /// Trains with so many workers; the bits that flip do in the first `victims` of them, at step 200.
        private func train(_ workers: Int, victims: Int = 1, _ options: [String]) async throws -> (Outcome, [pid_t]) {
            let beginnings = try await blackPixels()
            let processes = Shared<[pid_t]>([])
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--compare-every", "50", "--json"] + options + job,
                in: folder.path
            ) { command in
                for rank in 0..<workers { processes.value.append(try await command.worker(rank)) }
                // Searched for while it trains: the optimizer changes the weights where they lie.
                try await command.step(1)
                let memories = processes.value.prefix(victims).map { ProcessMemory(process: $0) }
                let places = try memories.map { try $0.places(of: beginnings, stride: 4 * 784) }
                try await command.step(200)
                for (memory, places) in zip(memories, places) {
                    // Stopped meanwhile, so that it does not write there itself.
                    kill(memory.process, SIGSTOP)
                    defer { kill(memory.process, SIGCONT) }
                    // Where the weights only were by chance there may be anything by now.
                    let weights = try places.filter { try memory.hasRows(beginnings, stride: 4 * 784, at: $0) }
                    #expect(!weights.isEmpty, "the weights are nowhere in the memory of process \(memory.process)")
                    // Of each unit a weight of a pixel in the middle: some units are always 0, the others change the gradients.
                    for place in weights {
                        for unit in 0..<32 as Range<UInt> {
                            try memory.flipBit(at: place + 4 * (784 * unit + 406) + 2, bit: 1)
                        }
                    }
                }
            }
            #expect(outcome.code == 0, "\(outcome.transcript.text)")
            return (outcome, processes.value)
        }

        /// The weights of each unit for the first pixels, which are black in all images, as they lie in memory: those that a single
        /// process ends with, because they never change.
        private func blackPixels() async throws -> [[UInt8]] {
            let alone = TemporaryFolder()
            var found: [[[UInt8]]] = []
            for epochs in ["1", "2"] {
                let weights = "\(alone.path)/\(epochs).safetensors"
                try await Lockstep.run(
                    ["train", "--single-process", "--quiet", "--save", weights] + job + ["--epochs", epochs],
                    in: alone.path)
                let file = try Safetensors(contentsOf: weights)
                let name = try #require(file.tensors.first { $0.tensor.shape == [32, 784] }?.name)
                let values = try #require(file.tensor(named: name)).to(Float.self)
                found.append(
                    values.withUnsafeElements { values in
                        (0..<32).map {
                            Array(
                                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(values)[(4 * 784 * $0)...])
                                    .prefix(4 * 16))
                        }
                    })
            }
            try #require(found[0] == found[1], "the weights of black pixels do not stay")
            return found[0]
        }

        @Test func aWorkerIsNamedAndGivenTheStateOfTheMajority() async throws {
            let (outcome, processes) = try await train(3, [])
            let warning = try #require(
                outcome.events.first { $0.event == "warning" && $0.text?.contains("other numbers") == true }?.text)
            #expect(
                warning.hasPrefix(
                    "worker 0 (host \(hostName), process \(processes[0])) has other numbers than the others"))
            #expect(outcome.output.contains("put out") || outcome.output.contains("3 workers go on from step "))
            // Equal among the workers, but its gradients were in the sums for a while.
            #expect(try await outcome.digest() != Jobs.digest(of: job))
        }

        @Test func theBitsAreThoseOfAnUndisturbedRunWhereAllGoBack() async throws {
            let (outcome, processes) = try await train(3, ["--on-divergence", "checkpoint"])
            let warning = try #require(
                outcome.events.first { $0.event == "warning" && $0.text?.contains("other numbers") == true }?.text)
            #expect(
                warning.hasPrefix(
                    "worker 0 (host \(hostName), process \(processes[0])) has other numbers than the others"))
            try await expectUndisturbed(outcome)
        }

        @Test func twoWorkersThatDifferBothGoBack() async throws {
            let (outcome, processes) = try await train(2, [])
            let warning = try #require(
                outcome.events.first { $0.event == "warning" && $0.text?.contains("other numbers") == true }?.text)
            #expect(processes.allSatisfy { warning.contains("process \($0))") })
            #expect(warning.contains("there is no majority to tell which is right"))
            try await expectUndisturbed(outcome)
        }

        /// The digest of a single process that nothing disturbs, and each step once in the metrics.
        private func expectUndisturbed(_ outcome: Outcome) async throws {
            #expect(try await outcome.digest() == Jobs.digest(of: job))
            let run = try #require(outcome.event("finished").run)
            let metrics = try Event.lines(ofFile: "\(folder.path)/\(run)/metrics.jsonl")
            #expect(metrics.filter { $0.kind == "step" }.compactMap(\.step) == Array(1...6000))
            #expect(metrics.filter { $0.kind == "test" }.compactMap(\.epoch) == Array(1...120))
        }
    }
}
