import Glibc
import LockstepFormats
import LockstepTensor
import Testing

extension CommandTests {
    /// The lecture's regression, from its first weights to its last.
    @Suite(
        .enabled("needs ../shared/data/regression.csv beside the project") { access(Samples.regression, R_OK) == 0 })
    struct Regression {
        private let folder = TemporaryFolder()
        private let job: [String]

        init() throws {
            let start = Safetensors([
                ("weight", .float32(Tensor([10], shape: [1, 1]))), ("bias", .float32(Tensor([-5], shape: [1]))),
            ])
            try start.write(to: folder.path + "/start.safetensors")
            // The command runs in a folder of its own, so it is given the whole path.
            let path = try #require(realpath(Samples.regression, nil))
            defer { free(path) }
            job = [
                "--data", "csv:\(String(cString: path))?label=y", "--model", "linear", "--loss", "mse", "--optimizer",
                "sgd",
                "--lr", "0.1", "--epochs", "30", "--batch", "100", "--init", "start.safetensors", "--json",
            ]
        }

        @Test func endsWhereTheLectureDoesWithAnyNumberOfWorkers() async throws {
            let single = try await Lockstep.run(
                ["train", "--single-process", "--save", "end.safetensors"] + job, in: folder.path)
            let end = try Safetensors(contentsOf: folder.path + "/end.safetensors")
            guard case .float32(let weight)? = end.tensor(named: "weight"),
                case .float32(let bias)? = end.tensor(named: "bias")
            else {
                Issue.record("no weights: \(single.errors)")
                return
            }
            #expect(abs(bias.scalars[0] - 2.4290) < 5e-5 && abs(weight.scalars[0] - 4.0144) < 5e-5)
            for workers in 1...4 {
                let outcome = try await Lockstep.run(["train", "--workers", "\(workers)"] + job, in: folder.path)
                #expect(try outcome.digest() == single.digest(), "\(outcome.errors)")
                let notes = outcome.events.filter { $0.event == "note" }.compactMap(\.text)
                #expect(notes.contains { $0.contains("no samples to test with: only the training loss is reported") })
            }
        }

        @Test func takesTheFirstStepThatTheLecturePrints() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--save", "end.safetensors"] + job + ["--epochs", "1"], in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let end = try Safetensors(contentsOf: folder.path + "/end.safetensors")
            guard case .float32(let weight)? = end.tensor(named: "weight"),
                case .float32(let bias)? = end.tensor(named: "bias")
            else { throw Failure("no weights") }
            #expect(abs(bias.scalars[0] + 3.6577) < 5e-5 && abs(weight.scalars[0] - 8.8111) < 5e-5)
        }

        @Test func isEvaluatedOnAllRowsWhereNoneAreKeptApart() async throws {
            let run = try await Lockstep.run(["train", "--workers", "2"] + job, in: folder.path)
            let weights = try #require(run.event("finished").weights)
            let test = try await Lockstep.run(["evaluate", weights, "--json"], in: folder.path).event("test")
            #expect(test.samples == 100 && test.accuracy == nil)
            guard case .value(let loss)? = test.loss,
                case .value(let last)? = run.events.last(where: { $0.event == "step" })?.loss
            else { throw Failure("no loss") }
            #expect(loss < last && loss > 0.9 * last)
        }
    }
}
