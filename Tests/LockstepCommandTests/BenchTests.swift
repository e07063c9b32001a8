import FoundationEssentials
import Testing

/// `lockstep bench`: what it says of how fast things are; never how fast they have to be.
@Suite(.timeLimit(.minutes(2))) struct BenchTests {
    let folder = TemporaryFolder()

    /// A line of figures.
    private struct Figures: Decodable {
        var peer: String
        var n: Int?
        var bytes: Int?
        var bytesOnWire: Int?
        var medianS: Double?
        var workers: Int?
        var steps: Int?
        var parameters: Int?
        var stepsPerS: Double?
        var stepS: Double?
        var computeS: Double?
        var communicateS: Double?
        var waitS: Double?
        var bytesPerStep: Int?
        var firstStepS: Double?
        var peakBytes: Int?
        var pageFaultsPerStep: Double?
    }

    private func figures(_ outcome: Outcome) throws -> [Figures] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try outcome.lines.map { try decoder.decode(Figures.self, from: Data($0.utf8)) }
    }

    @Test(arguments: ["ipc", "tcp", "in-process"]) func sumsAreTimed(transport: String) async throws {
        let outcome = try await Lockstep.run(
            [
                "bench", "allreduce", "--workers", "3", "--bytes", "4,4096,1048576", "--bucket-bytes", "65536",
                "--repetitions", "4", "--transport", transport, "--json",
            ], in: folder.path)
        #expect(outcome.code == 0, "\(outcome.transcript.text)")
        let lines = try figures(outcome)
        // Threads of one process have no sockets to compare with.
        let subjects = transport == "in-process" ? ["lockstep"] : ["lockstep", "sockets"]
        #expect(lines.map(\.peer) == subjects.flatMap { [$0, $0, $0] })
        #expect(lines.map(\.bytes) == subjects.flatMap { _ in [4, 4096, 1_048_576] })
        #expect(lines.allSatisfy { $0.n == 3 && $0.medianS ?? 0 > 0 })
        // Nothing of the sockets is left.
        #expect(TemporaryFolder.names(in: folder.path) == [])
    }

    @Test(arguments: ["bf16", "fp16"]) func sumsInSixteenBitsTakeHalfTheBytes(wire: String) async throws {
        let outcome = try await Lockstep.run(
            [
                "bench", "allreduce", "--workers", "3", "--bytes", "4,1048576", "--repetitions", "4", "--wire", wire,
                "--json",
            ], in: folder.path)
        #expect(outcome.code == 0, "\(outcome.transcript.text)")
        let lines = try figures(outcome)
        #expect(lines.map(\.bytes) == [4, 1_048_576, 4, 1_048_576])
        // Bare sockets know of one type alone.
        #expect(lines.map(\.bytesOnWire) == [2, 524_288, 4, 1_048_576])
    }

    @Test func sumsOfManyInSixteenBitsAreThoseOfTheTree() async throws {
        // The mean is 13.54 and not 13.5 where each node is rounded to 8 bits.
        let outcome = try await Lockstep.run(
            [
                "bench", "allreduce", "--workers", "26", "--transport", "in-process", "--wire", "bf16", "--bytes",
                "4096",
                "--warm-up", "0", "--repetitions", "1",
            ], in: folder.path)
        #expect(outcome.code == 0, "\(outcome.transcript.text)")
    }

    @Test func workersMayBeStartedByHand() async throws {
        let first = try await Lockstep.run(
            [
                "bench", "allreduce", "--workers", "2", "--bytes", "4096", "--repetitions", "3", "--bind",
                "tcp://127.0.0.1:0",
            ], in: folder.path
        ) { running in
            let line = try await running.line(containing: "bench peer --meet ")
            let address = try #require(line.firstMatch(of: /--meet (tcp:\S+)/)).1
            let other = try await Lockstep.run(["bench", "peer", "--meet", String(address)], in: folder.path)
            #expect(other.code == 0, "\(other.transcript.text)")
        }
        #expect(first.code == 0, "\(first.transcript.text)")
        #expect(first.output.contains("lockstep") && first.output.contains("sockets"))
    }

    @Test(arguments: [["--workers", "2"], ["--workers", "2", "--transport", "in-process"], ["--single-process"]])
    func stepsAreTimed(place: [String]) async throws {
        let outcome = try await Lockstep.run(
            [
                "bench", "step", "--model", "mlp:20-30-5", "--batch", "16", "--warm-up", "3", "--steps", "50",
                "--microbatches", "2", "--json",
            ] + place, in: folder.path, environment: ["TMPDIR": folder.path])
        #expect(outcome.code == 0, "\(outcome.transcript.text)")
        let step = try #require(try figures(outcome).first)
        let isAlone = place == ["--single-process"]
        #expect(step.workers == (isAlone ? 0 : 2) && step.steps == 50 && step.parameters == 785)
        // A worker sends half of the gradient to be summed, and half of the sum.
        #expect(step.bytesPerStep == (isAlone ? 0 : 785 * 4))
        // How long they take is the machine's affair.
        for seconds in [step.stepS, step.computeS, step.communicateS, step.waitS] {
            #expect(try #require(seconds).isFinite && #require(seconds) >= 0)
        }
        #expect(step.peakBytes ?? 0 > 1 << 20 && step.firstStepS ?? 0 > 0)
        // The folder of the run is gone, as is that of the sockets.
        #expect(TemporaryFolder.names(in: folder.path) == [])
    }

    @Test(arguments: [["--workers", "2"], ["--workers", "2", "--transport", "tcp"], ["--single-process"]])
    func stepsTakeNoMemoryFromTheSystem(place: [String]) async throws {
        // Nearly two megabytes of gradients, each of them sent in its turn.
        let outcome = try await Lockstep.run(
            [
                "bench", "step", "--model", "mlp:784-512-128-10", "--batch", "16", "--warm-up", "100", "--steps", "300",
                "--microbatches", "2", "--json",
            ] + place, in: folder.path)
        #expect(outcome.code == 0, "\(outcome.transcript.text)")
        let faults = try #require(try figures(outcome).first?.pageFaultsPerStep)
        // The gradient alone is 470 pages; the first time that a rare path is taken may take one.
        #expect(faults < 10, "\(faults) new pages a step")
    }

    @Test(arguments: ["lstm:hidden=8", "gpt:layers=1,heads=2,width=8,context=8", "linear", "cnn:dropout=0"])
    func randomSamplesFitEveryModel(model: String) async throws {
        let outcome = try await Lockstep.run(
            [
                "bench", "step", "--model", model, "--batch", "4", "--warm-up", "1", "--steps", "2", "--limit", "16",
                "--single-process",
            ], in: folder.path, environment: ["TMPDIR": folder.path])
        #expect(outcome.code == 0, "\(outcome.transcript.text)")
        #expect(outcome.output.contains("steps       2 timed"))
    }

    @Test func whatCannotBeMeasuredIsNamed() async throws {
        func errors(_ arguments: String...) async throws -> String {
            let outcome = try await Lockstep.run(["bench"] + arguments, in: folder.path)
            #expect(outcome.code == 1 || outcome.code == 64)
            return outcome.errors
        }
        #expect(try await errors("allreduce", "--bytes", "10").contains("--bytes is 10; expected multiples of 4"))
        #expect(try await errors("allreduce", "--workers", "1").contains("--workers is 1; expected 2 to 1024"))
        #expect(try await errors("step", "--steps", "0").contains("--steps is 0; expected 1"))
        #expect(try await errors("step", "--seconds", "-1").contains("--seconds is -1.0; expected more than 0"))
    }
}
