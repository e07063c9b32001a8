import Glibc
import LockstepFormats
import Testing

extension CommandTests {
    /// Gradients that travel in 16 bits.
    @Suite struct Wires {
        private let folder = TemporaryFolder()
        private static let halves = ["bf16", "fp16"]

        @Test(arguments: [1, 2, 3, 4, 5, 7, 8], halves)
        func giveTheSameBitsOnAnyNumberOfWorkers(workers: Int, wire: String) async throws {
            let job = Jobs.tiny + ["--wire", wire]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--json"] + job, in: folder.path)
            #expect(outcome.code == 0)
            #expect(try await outcome.digest() == Jobs.digest(of: job))
            #expect(try await Jobs.digest(of: job) != Jobs.digest(of: Jobs.tiny))
        }

        @Test func ofFloat32AreWhatThereIsWithoutTheOption() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "2", "--json", "--wire", "float32"] + Jobs.tiny, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
        }

        @Test(arguments: [2, 3, 4, 8], halves)
        func takeHalfTheBytes(workers: Int, wire: String) async throws {
            // As in `Digests.takeNoMoreBytesThanTheyMust`.
            let job = Jobs.tiny + ["--microbatches", "\(workers)", "--bucket-bytes", "10000", "--wire", wire]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--transport", "tcp", "--json"] + job, in: folder.path)
            #expect(outcome.code == 0)
            let least = 2 * Double(workers - 1) / Double(workers) * 2 * 25450
            let steps = outcome.events.filter { $0.event == "step" }
            #expect(!steps.isEmpty)
            for step in steps { #expect(abs(Double(try #require(step.bytesSent)) / least - 1) < 0.02) }
        }

        @Test(arguments: halves) func trainAsWell(wire: String) async throws {
            func accuracy(_ options: [String]) async throws -> Double {
                let outcome = try await Lockstep.run(
                    ["train", "--workers", "2", "--json"] + Jobs.middling + options, in: folder.path)
                return try #require(try outcome.event("finished").accuracy)
            }
            let (whole, half) = (try await accuracy([]), try await accuracy(["--wire", wire]))
            #expect(whole > 0.5)
            #expect(abs(whole - half) < 0.03, "\(whole) and \(half)")
        }

        @Test(arguments: halves) func areKeptByARunThatIsResumed(wire: String) async throws {
            let job = Jobs.middling + ["--wire", wire]
            let stopped = try await Lockstep.run(["train", "--json", "--workers", "3"] + job, in: folder.path) {
                try await $0.step(30)
                $0.signal(SIGINT)
            }
            let run = try #require(stopped.event("stopped").run)
            let refused = try await Lockstep.run(["train", "--resume", run, "--wire", wire], in: folder.path)
            #expect(refused.code == 1)
            #expect(refused.errors.contains("--wire cannot be given with --resume"))
            let resumed = try await Lockstep.run(
                ["train", "--json", "--workers", "2", "--resume", run], in: folder.path)
            #expect(try await resumed.digest() == Jobs.digest(of: job))
        }

        @Test func thatThereAreNotAreNamed() async throws {
            let outcome = try await Lockstep.run(["train", "--wire", "int8"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 64)
            #expect(outcome.errors.contains("one of 'float32', 'bf16' or 'fp16'"), "\(outcome.errors)")
        }

        /// The losses are finite in every type; the gradient of the first step is some 10^8.
        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func ofTooSmallARangeEndTheRunAndSayWhy(mode: [String]) async throws {
            let rows = (0..<40).map { "\($0),\(1_000_000 + 1000 * $0)" }
            try AtomicFile.write(Array((["x,y"] + rows).joined(separator: "\n").utf8), to: folder.path + "/large.csv")
            let job = [
                "--data", "csv:large.csv?label=y", "--model", "linear", "--batch", "8", "--epochs", "2", "--optimizer",
                "adam",
            ]
            func train(_ options: [String]) async throws -> Outcome {
                try await Lockstep.run(["train", "--json"] + mode + job + options, in: folder.path)
            }
            let stopped = try await train(["--wire", "fp16"])
            #expect(stopped.code == 1)
            #expect(stopped.errors.contains("the gradient is not finite at step 1 (epoch 1)"), "\(stopped.errors)")
            #expect(stopped.errors.contains("larger than --wire fp16 can hold, 65504"))
            #expect(stopped.errors.contains("Start a new run with --wire bf16"))
            // The advice is right.
            for options in [["--wire", "bf16"], ["--wire", "fp16", "--allow-non-finite"]] {
                let outcome = try await train(options)
                #expect(outcome.code == 0, "\(outcome.errors)")
            }
        }
    }
}
