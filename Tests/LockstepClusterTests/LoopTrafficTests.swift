import LockstepData
import LockstepNN
import LockstepOptim
import LockstepTensor
import LockstepTraining
import LockstepTransport
import Testing

extension LoopTests {
    /// Twelve steps of 784-512-512-10, a model of a usual size, in which each worker computes one microbatch.
    private static func job() -> any TrainableJob {
        TrainingJob.classification(
            name: "usual", model: { Sequential(Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10)) },
            data: {
                manualSeed(3)
                let targets = Tensor((0..<96).map { Int64($0 % 10) }, shape: [96])
                return (try TensorDataset(inputs: .uniform([96, 784], from: -1, to: 1), targets: targets), nil)
            })
    }

    @Test(
        "All that a worker sends, envelopes and frames included, is within 2% of 2(N−1)/N of the gradient's bytes a step",
        arguments: [2, 3, 4, 8])
    func bytes(workers: Int) async throws {
        let settings = try RunSettings(
            name: "usual", model: "usual", data: "random", batch: 8, microbatches: workers, epochs: 1,
            optimizer: OptimizerSettings(name: "sgd", learningRate: 0.01), seed: 7)
        let parent = TemporaryFolder()
        let path = try RunFolder.create(in: parent.path, settings: settings).path
        let outcome = try await Self.train(.tcp, workers: workers, in: path, job: { _ in Self.job() })
        #expect(outcome.isComplete && outcome.traffic.count == workers)
        // Joining, heartbeats, reports and whatever else there is are in it; ZeroMQ puts 9 bytes at most before each of the two frames.
        let sent = outcome.traffic.map { counts in Double(counts.sentBytes + 18 * counts.sentMessages) }.sorted()
        let parameters = [784 * 512, 512, 512 * 512, 512, 512 * 10, 10].reduce(0, +)
        let gradient = Double(4 * parameters)
        let least = gradient * Double(12 * 2 * (workers - 1)) / Double(workers)
        // One worker has sent the state besides, for the checkpoint and for the final weights.
        for bytes in sent.dropLast() { #expect((1..<1.02).contains(bytes / least), "\(bytes / least)") }
        let last = try #require(sent.last)
        #expect((1..<1.02).contains((last - 2 * gradient) / least), "\((last - 2 * gradient) / least)")
    }

    @Test("Over local sockets the gradients go by shared memory, with the bits that they have over others")
    func sharing() async throws {
        let settings = try RunSettings(
            name: "usual", model: "usual", data: "random", batch: 8, microbatches: 4, epochs: 1,
            optimizer: OptimizerSettings(name: "sgd", learningRate: 0.01), seed: 7)
        var digests: Set<String> = []
        for kind in Kind.allCases {
            let parent = TemporaryFolder()
            let path = try RunFolder.create(in: parent.path, settings: settings).path
            let outcome = try await Self.train(kind, workers: 3, in: path, job: { _ in Self.job() })
            digests.insert(try #require(outcome.digest))
            for counts in outcome.traffic {
                // Until a peer has read the offer, in the first of twelve steps, and maybe in the second, gradients go as frames.
                let share = Double(counts.sentSharedBytes) / Double(counts.sentBytes)
                #expect(kind == .ipc ? share > 0.8 : share == 0, "\(kind): \(share)")
            }
        }
        #expect(digests.count == 1)
    }
}
