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
        private static let job = Jobs.long + ["--optimizer", "sgd", "--lr", "0.05"]

        /// Trains with so many workers; the bits that flip do in the first `victims` of them, at step 200.
        private func train(_ workers: Int, victims: Int = 1, _ options: [String]) async throws -> (Outcome, [pid_t]) {
            let pattern = try await Divergence.blackPixels()
            let processes = Shared<[pid_t]>([])
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--compare-every", "50", "--json"] + options + Divergence.job,
                in: folder.path
            ) { command in
                for rank in 0..<workers { processes.value.append(try await command.worker(rank)) }
                try await command.step(200)
                for process in processes.value.prefix(victims) {
                    // Stopped meanwhile, so that it does not write there itself.
                    kill(process, SIGSTOP)
                    defer { kill(process, SIGCONT) }
                    let memory = ProcessMemory(process: process)
                    let places = try memory.places(of: pattern)
                    #expect(!places.isEmpty, "the weights are nowhere in the memory of process \(process)")
                    // A weight of a pixel in the middle: it is used, and changes the gradients.
                    for place in places { try memory.flipBit(at: place + 4 * 406 + 2, bit: 1) }
                }
            }
            #expect(outcome.code == 0, "\(outcome.transcript.text)")
            return (outcome, processes.value)
        }

        /// The weights of the first unit for the first pixels, which are black in all images, as they lie in memory: those that a
        /// single process ends with, because they never change.
        private static func blackPixels() async throws -> [UInt8] {
            let alone = TemporaryFolder()
            var rows: [[UInt8]] = []
            for epochs in ["1", "2"] {
                let weights = "\(alone.path)/\(epochs).safetensors"
                try await Lockstep.run(
                    ["train", "--single-process", "--quiet", "--save", weights] + job + ["--epochs", epochs],
                    in: alone.path)
                let file = try Safetensors(contentsOf: weights)
                let name = try #require(file.tensors.first { $0.tensor.shape == [32, 784] }?.name)
                let values = try #require(file.tensor(named: name)).to(Float.self)
                rows.append(values.withUnsafeElements { Array(UnsafeRawBufferPointer($0).prefix(4 * 16)) })
            }
            try #require(rows[0] == rows[1], "the weights of black pixels do not stay")
            return rows[0]
        }

        @Test func aWorkerIsNamedAndGivenTheStateOfTheMajority() async throws {
            let (outcome, processes) = try await train(3, [])
            let warning = try #require(outcome.events.first { $0.event == "warning" }?.text)
            #expect(
                warning.hasPrefix(
                    "worker 0 (host \(hostName), process \(processes[0])) has other numbers than the others"))
            #expect(outcome.output.contains("put out") || outcome.output.contains("3 workers go on from step "))
            // Equal among the workers, but its gradients were in the sums for a while.
            #expect(try await outcome.digest() != Jobs.digest(of: Divergence.job))
        }

        @Test func theBitsAreThoseOfAnUndisturbedRunWhereAllGoBack() async throws {
            let (outcome, processes) = try await train(3, ["--on-divergence", "checkpoint"])
            let warning = try #require(outcome.events.first { $0.event == "warning" }?.text)
            #expect(
                warning.hasPrefix(
                    "worker 0 (host \(hostName), process \(processes[0])) has other numbers than the others"))
            try await expectUndisturbed(outcome)
        }

        @Test func twoWorkersThatDifferBothGoBack() async throws {
            let (outcome, processes) = try await train(2, [])
            let warning = try #require(outcome.events.first { $0.event == "warning" }?.text)
            #expect(processes.allSatisfy { warning.contains("process \($0))") })
            #expect(warning.contains("there is no majority to tell which is right"))
            try await expectUndisturbed(outcome)
        }

        /// The digest of a single process that nothing disturbs, and each step once in the metrics.
        private func expectUndisturbed(_ outcome: Outcome) async throws {
            #expect(try await outcome.digest() == Jobs.digest(of: Divergence.job))
            let run = try #require(outcome.event("finished").run)
            let metrics = try Event.lines(ofFile: "\(folder.path)/\(run)/metrics.jsonl")
            #expect(metrics.filter { $0.kind == "step" }.compactMap(\.step) == Array(1...6000))
            #expect(metrics.filter { $0.kind == "test" }.compactMap(\.epoch) == Array(1...40))
        }
    }
}
