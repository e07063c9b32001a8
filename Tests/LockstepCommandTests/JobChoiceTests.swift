import Glibc
import LockstepFormats
import LockstepTensor
import Testing

extension CommandTests {
    /// Models, data, losses and first weights: what fits together, and what is said where it does not.
    @Suite struct JobChoices {
        private let folder = TemporaryFolder()

        init() throws {
            try Samples.table(40, to: folder.path + "/table.csv")
            try Samples.images(40, side: 8, to: folder.path + "/images.npz")
            try Samples.text(600, to: folder.path + "/text.txt")
        }

        private func train(_ options: [String], mode: [String] = ["--single-process"]) async throws -> Outcome {
            try await Lockstep.run(
                ["train", "--json", "--epochs", "1", "--batch", "20"] + mode + options, in: folder.path)
        }

        private static let table = ["--data", "csv:table.csv?label=y&features=a,b,c"]
        private static let kinds = ["--data", "csv:table.csv?label=kind&features=a,b,c&split=0.2"]

        /// The losses of the steps.
        private func losses(_ outcome: Outcome) -> [Double] {
            outcome.events.compactMap { event in
                if event.event == "step", case .value(let loss)? = event.loss { loss } else { nil }
            }
        }

        @Test(arguments: [
            (table + ["--model", "cnn"], ["csv:table.csv", "has samples of shape [3]", "model cnn takes images"]),
            (table + ["--model", "lstm"], ["has samples of shape [3]", "takes sequences [steps, features]"]),
            (table + ["--model", "gpt"], ["holds no text", "expected a text (--data text:FILE), or another model"]),
            (table + ["--model", "mlp:4-1"], ["has 3 features a sample, but model mlp:4-1 takes 4 inputs"]),
            (table + ["--model", "mlp:3-2"], ["has 1 label a sample, but model mlp:3-2 gives 2 numbers"]),
            (
                table + ["--model", "linear", "--loss", "cross-entropy"],
                ["line 2, column 'y'", "expected the number or the name of a class"]
            ),
            (table + ["--model", "logistic"], ["the name of a class", "--loss mse"]),
            (table + ["--model", "linear", "--loss", "bce"], ["expected a probability from 0 to 1"]),
            (
                kinds + ["--model", "linear"],
                ["the labels are 3 names, 'blue', 'green', 'red', expected numbers", "--loss cross-entropy"]
            ),
            (kinds + ["--model", "logistic", "--loss", "mse"], ["expected numbers", "--loss cross-entropy"]),
            (kinds + ["--model", "mlp:3-2"], ["csv:table.csv", "has 3 classes", "mlp:3-2 gives 2 scores"]),
            (["--data", "csv:table.csv?label=z", "--model", "linear"], ["table.csv: has no column 'z'"]),
            (["--data", "csv:missing.csv?label=y", "--model", "linear"], ["missing.csv", "No such file"]),
            (["--data", "npz:table.csv", "--model", "cnn"], ["table.csv"]),
            (
                ["--data", "synthetic", "--loss", "mse"],
                ["--loss is mse", "the labels of images are classes", "expected --loss cross-entropy"]
            ),
            (["--data", "synthetic", "--model", "gpt"], ["holds no text"]),
            (["--data", "text:text.txt", "--model", "cnn"], ["text.txt is a text", "expected gpt or lstm"]),
            (["--data", "text:text.txt", "--model", "gpt", "--loss", "mse"], ["the next character is a class"]),
            (
                ["--data", "text:text.txt", "--model", "gpt:context=600"],
                ["has 600 characters", "stretches of 600", "a smaller context"]
            ),
            (
                ["--data", "npz:images.npz", "--model", "cnn", "--init", "missing.safetensors"],
                ["missing.safetensors", "No such file"]
            ),
            (
                ["--data", "npz:images.npz", "--model", "cnn", "--init", "table.csv"],
                ["table.csv", "no safetensors file"]
            ),
        ])
        func whatDoesNotFitIsRefusedBeforeTraining(options: [String], messages: [String]) async throws {
            for mode in [["--single-process"], ["--workers", "2", "--transport", "in-process"]] {
                let outcome = try await train(options, mode: mode)
                #expect(outcome.code == 1)
                for message in messages { #expect(outcome.errors.contains(message), "\(outcome.errors)") }
                #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
            }
        }

        @Test(arguments: [
            (["--model", "cnn:dropout=2"], "has dropout=2; dropout is from 0 to below 1"),
            (["--model", "cnn:norm=layer"], "has norm=layer; norm is none or batch"),
            (["--model", "cnn:filters=3"], "has no option 'filters'"),
            (["--model", "lstm:0"], "has hidden=0; hidden is 1 to 16384"),
            (["--model", "lstm:8,hidden=9"], "has the option 'hidden' twice"),
            (["--model", "lstm:8,dropout=0.5"], "has a dropout between layers, but one layer"),
            (["--model", "gpt:width=10,heads=4"], "has a width of 10, which 4 heads do not divide"),
            (["--model", "gpt:layers"], "has the option 'layers' without a value"),
            (["--model", "linear:3"], "'linear:3' has the option '3' without a value; expected linear"),
            (["--model", "gpt:width=16384,layers=256"], "this machine has"),
            (["--loss", "hinge"], "loss 'hinge' is not known; expected one of cross-entropy, bce-with-logits"),
            (["--clip-norm", "0"], "--clip-norm is 0.0; expected a number above 0"),
            (["--clip-norm", "1", "--clip-value", "1"], "--clip-norm and --clip-value cannot be given together"),
            (["--schedule", "sine"], "--schedule is 'sine'; expected one of constant, step"),
            (["--schedule", "step"], "--step-size is not given; expected 1 to 1000000 epochs"),
            (
                ["--schedule", "cosine", "--gamma", "2"],
                "--gamma cannot be given with --schedule cosine, which has --min-lr"
            ),
            (["--gamma", "2"], "--gamma cannot be given with --schedule constant"),
            (["--schedule", "multistep", "--milestones", "3,1"], "epochs of 0 to 1000000 in ascending order"),
            (["--schedule", "multistep", "--milestones", "1.5"], "--milestones has 1.5"),
            (["--schedule", "exponential"], "--gamma is not given; expected a number above 0"),
            (["--warmup", "1000"], "--warmup is 1000, but the run has only"),
            (["--save", "nowhere/weights.safetensors"], "expected the name of a file in a folder that there is"),
            (["--save", "/"], "expected the name of a file"), (["--save", "runs/.."], "cannot be written"),
        ])
        func anOptionThatCannotBeUsedIsNamed(options: [String], message: String) async throws {
            mkdir(folder.path + "/runs", 0o777)
            let data = options[1].hasPrefix("gpt") ? "text:text.txt" : "npz:images.npz"
            let outcome = try await train(["--model", "logistic", "--data", data] + options)
            #expect(outcome.code == 1 || outcome.code == 64)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func firstWeightsOfAnotherModelAreRefused(mode: [String]) async throws {
            func weights(_ tensors: [(String, [Int])]) throws {
                try Safetensors(tensors.map { ($0.0, .float32(Tensor<Float>.zeros($0.1))) }).write(
                    to: folder.path + "/start.safetensors")
            }
            for (tensors, message) in [
                ([("weight", [1, 3])], "has no tensor 'bias', which the model 'linear' has; it holds 'weight'"),
                ([("weight", [1, 2]), ("bias", [1])], "tensor 'weight' is float32 [1, 2]; expected float32 [1, 3]"),
                (
                    [("weight", [1, 3]), ("bias", [1]), ("scale", [1])],
                    "holds 'scale', which the model 'linear' does not have; it has 'weight', 'bias'"
                ),
            ] {
                try weights(tensors)
                let outcome = try await train(
                    JobChoices.table + ["--model", "linear", "--init", "start.safetensors"], mode: mode)
                #expect(outcome.code == 1)
                #expect(outcome.errors.contains(message), "\(outcome.errors)")
                #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
            }
        }

        @Test func aBatchMayBeLargerThanTheDataAndOneRowIsTrainedOn() async throws {
            try AtomicFile.write(Array("x,y\n1,2\n".utf8), to: folder.path + "/one.csv")
            let job = ["--data", "csv:one.csv?label=y", "--model", "linear", "--batch", "100", "--microbatches", "8"]
            let single = try await train(job)
            #expect(single.events.filter { $0.event == "step" }.map(\.samples) == [1])
            let several = try await train(job, mode: ["--workers", "3", "--transport", "in-process"])
            #expect(try single.digest() == several.digest())
        }

        @Test func twoClassesAreJudgedByTheirLogit() async throws {
            let rows = (0..<40).map { "\($0),\($0 < 20 ? "no" : "yes")" }
            try AtomicFile.write(Array(("x,y\n" + rows.joined(separator: "\n")).utf8), to: folder.path + "/two.csv")
            let job = ["--data", "csv:two.csv?label=y&split=0.25", "--epochs", "300", "--lr", "0.1"]
            for model in ["logistic", "mlp:1-1"] {
                let named = try await train(job + ["--model", model])
                #expect(try #require(named.event("finished").accuracy) >= 0.9)
                let bce = try await train(job + ["--model", model, "--loss", "bce-with-logits"])
                #expect(try named.digest() == bce.digest())
            }
            let classes = try await train(job + ["--model", "logistic", "--loss", "cross-entropy"])
            #expect(try classes.event("started").parameters == 4)
        }

        @Test func classesOfOtherNamesAreNotTakenForThoseThatWereTrained() async throws {
            let trained = try await train(JobChoices.kinds + ["--model", "mlp:3-3", "--save", "kinds.safetensors"])
            #expect(trained.code == 0, "\(trained.errors)")
            let other = (0..<6).map { "\($0),1,1,\($0 % 2 == 0 ? "green" : "red")" }
            try AtomicFile.write(
                Array(("a,b,c,kind\n" + other.joined(separator: "\n")).utf8), to: folder.path + "/two.csv")
            func evaluate(_ data: String) async throws -> Outcome {
                try await Lockstep.run(["evaluate", "kinds.safetensors", "--json", "--data", data], in: folder.path)
            }
            let refused = try await evaluate("csv:two.csv?label=kind")
            #expect(
                refused.errors.contains("was trained on the classes 'blue', 'green', 'red', but csv:two.csv"),
                "\(refused.errors)")
            let told = try await evaluate("csv:table.csv?label=kind&features=a,b,c&test=two.csv")
            #expect(try told.event("test").samples == 6, "\(told.errors)")

            // So with the characters of a text.
            let text = try await train([
                "--model", "lstm:4,context=8", "--data", "text:text.txt", "--save", "text.safetensors",
            ])
            #expect(text.code == 0, "\(text.errors)")
            let letters = try File.read(folder.path + "/text.txt").map {
                $0 == UInt8(ascii: "a") ? UInt8(ascii: "z") : $0
            }
            try AtomicFile.write(letters, to: folder.path + "/other.txt")
            let outcome = try await Lockstep.run(
                ["evaluate", "text.safetensors", "--data", "text:other.txt"], in: folder.path)
            #expect(outcome.errors.contains("was trained on the classes"), "\(outcome.errors)")
        }

        @Test func withoutShufflingTheOrderIsThatOfTheData() async throws {
            let rows = (0..<4).map { "1,\(Double($0))" }
            try AtomicFile.write(Array(("x,y\n" + rows.joined(separator: "\n")).utf8), to: folder.path + "/order.csv")
            try Safetensors([("weight", .float32(.zeros([1, 1]))), ("bias", .float32(.zeros([1])))]).write(
                to: folder.path + "/zeros.safetensors")
            let outcome = try await train([
                "--data", "csv:order.csv?label=y", "--model", "linear", "--init", "zeros.safetensors", "--optimizer",
                "sgd", "--lr",
                "0", "--batch", "1", "--no-shuffle", "--epochs", "2",
            ])
            #expect(losses(outcome) == [0, 1, 4, 9, 0, 1, 4, 9])
        }

        @Test func clippingLimitsTheStep() async throws {
            let job =
                JobChoices.table + [
                    "--model", "linear", "--optimizer", "sgd", "--lr", "1", "--batch", "40", "--save", "end",
                ]
            try Safetensors([("weight", .float32(.zeros([1, 3]))), ("bias", .float32(.zeros([1])))]).write(
                to: folder.path + "/zeros.safetensors")
            func step(_ options: [String]) async throws -> [Float] {
                let outcome = try await train(job + ["--init", "zeros.safetensors"] + options)
                #expect(outcome.code == 0, "\(outcome.errors)")
                return try Safetensors(contentsOf: folder.path + "/end").tensors.flatMap { entry -> [Float] in
                    if case .float32(let tensor) = entry.tensor { tensor.scalars } else { [] }
                }
            }
            let norm = try await step(["--clip-norm", "0.01"]).reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(norm - 0.01) < 1e-6)
            let values = try await step(["--clip-value", "0.02"])
            #expect(values.allSatisfy { abs($0) <= 0.02 } && values.contains { abs($0) == 0.02 })
            #expect(try await step([]).reduce(0) { $0 + $1 * $1 } > 0.1)
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func aResumedRunKeepsAllThatItBeganWith(mode: [String]) async throws {
            try await Lockstep.run(
                [
                    "train", "--single-process", "--save", "start.safetensors", "--epochs", "1", "--model", "logistic",
                    "--seed", "9",
                ]
                    + JobChoices.kinds, in: folder.path)
            let job =
                JobChoices.kinds + [
                    "--model", "logistic", "--init", "start.safetensors", "--no-shuffle", "--loss", "cross-entropy",
                    "--schedule",
                    "polynomial", "--power", "2", "--warmup", "2", "--clip-norm", "0.5", "--batch", "5", "--epochs",
                    "400",
                ]
            let whole = try await Lockstep.run(["train", "--json"] + mode + job, in: folder.path)
            let stopped = try await Lockstep.run(
                ["train", "--json", "--save", "end.safetensors"] + mode + job, in: folder.path
            ) { running in
                try await running.step(3)
                running.signal(SIGINT)
            }
            #expect(stopped.code == 130, "\(stopped.errors)")
            let run = try #require(stopped.event("started").run)
            // The file that it began with is not needed any more, nor is the place that it was started in.
            try TemporaryFolder.removeFile(folder.path + "/start.safetensors")
            let refused = try await Lockstep.run(["train", "--resume", run, "--no-shuffle"], in: folder.path)
            #expect(refused.errors.contains("--no-shuffle cannot be given with --resume"))
            let resumed = try await Lockstep.run(["train", "--json", "--resume", run] + mode, in: folder.path)
            #expect(try resumed.digest() == whole.digest(), "\(resumed.errors)")
            let saved = try Safetensors(contentsOf: folder.path + "/end.safetensors")
            let final = try Safetensors(contentsOf: "\(folder.path)/\(try #require(resumed.event("finished").weights))")
            #expect(saved.metadata == final.metadata)
        }

        @Test func aRunThatStoppedBeforeItsFirstCheckpointBeginsAgainWithItsFirstWeights() async throws {
            let job = JobChoices.kinds + ["--model", "logistic", "--epochs", "2", "--batch", "8", "--json"]
            try await Lockstep.run(
                ["train", "--single-process", "--save", "start", "--seed", "9"] + job, in: folder.path)
            let whole = try await Lockstep.run(["train", "--single-process", "--init", "start"] + job, in: folder.path)
            let run = try #require(whole.event("started").run)
            for name in TemporaryFolder.names(in: "\(folder.path)/\(run)") where name.hasPrefix("checkpoint-") {
                try TemporaryFolder.removeFile("\(folder.path)/\(run)/\(name)")
            }
            for mode in [["--single-process"], ["--workers", "2"]] {
                let again = try await Lockstep.run(["train", "--json", "--resume", run] + mode, in: folder.path)
                #expect(try again.digest() == whole.digest(), "\(again.errors)")
                for name in TemporaryFolder.names(in: "\(folder.path)/\(run)") where name.hasPrefix("checkpoint-") {
                    try TemporaryFolder.removeFile("\(folder.path)/\(run)/\(name)")
                }
            }
            try Safetensors([("weight", .float32(.zeros([1])))]).write(to: "\(folder.path)/\(run)/initial.safetensors")
            let other = try await Lockstep.run(["train", "--single-process", "--resume", run], in: folder.path)
            #expect(
                other.errors.contains("initial.safetensors holds other weights than the run began with"),
                "\(other.errors)")
        }

        @Test func firstWeightsAreSentToWorkersThatAreStartedByHand() async throws {
            let job = JobChoices.kinds + ["--model", "logistic", "--epochs", "1", "--batch", "8"]
            try await Lockstep.run(
                ["train", "--single-process", "--save", "start", "--seed", "9"] + job, in: folder.path)
            let single = try await Lockstep.run(
                ["train", "--single-process", "--init", "start", "--json"] + job, in: folder.path)
            let query = "label=kind&features=a,b,c&split=0.2"
            let cluster = try await Cluster.train(
                job + ["--init", "start"], workers: 3, in: folder.path,
                options: { _ in ["--data", "csv:table.csv?\(query)"] })
            #expect(try cluster.coordinator.digest() == single.digest())
            let drawn = try await Lockstep.run(["train", "--single-process", "--json"] + job, in: folder.path)
            #expect(try drawn.digest() != single.digest())
        }

        @Test func workersElsewhereNameTheirTableAndOthersAreRefused() async throws {
            try Samples.table(40, to: folder.path + "/same.csv")
            try Samples.table(41, to: folder.path + "/other.csv")
            let job = JobChoices.kinds + ["--model", "logistic", "--batch", "8", "--epochs", "2"]
            let single = try await Lockstep.run(
                ["train", "--single-process", "--json", "--checkpoint-every", "4"] + job, in: folder.path)
            let query = "label=kind&features=a,b,c&split=0.2"
            let cluster = try await Cluster.train(
                job, workers: 2, in: folder.path,
                options: { ["--data", "csv:\($0 == 0 ? "table" : "same").csv?\(query)"] })
            #expect(try cluster.coordinator.digest() == single.digest())
            // The run's checkpoint says what the samples are, so who has others is refused, whoever comes first.
            let run = try #require(single.event("started").run)
            let checkpoints = TemporaryFolder.names(in: "\(folder.path)/\(run)").filter { $0.hasPrefix("checkpoint-") }
            try TemporaryFolder.removeFile("\(folder.path)/\(run)/\(try #require(checkpoints.last))")
            let outcome = try await Lockstep.run(
                ["coordinator", "--resume", run, "--workers", "1", "--json"], in: folder.path
            ) { coordinator in
                let address = try await coordinator.address()
                for (data, message) in [
                    // Another label of the same file gives other samples, as another file does.
                    ("csv:other.csv?\(query)", "the data differs: this worker has"),
                    ("csv:table.csv?label=kind&features=b,a,c&split=0.2", "the data differs: this worker has"),
                    ("csv:table.csv?label=y&features=a,b,c", "expected the number or the name of a class"),
                    (
                        "text:text.txt",
                        "the run trains on data of the form 'csv:FILE?label=COLUMN', but --data is 'text:text.txt'"
                    ),
                ] {
                    let refused = try await Lockstep.run(
                        ["worker", "--coordinator", address, "--data", data], in: folder.path)
                    #expect(refused.code == 1)
                    #expect(refused.errors.contains(message), "\(refused.errors)")
                }
                let told = try await Lockstep.run(
                    ["worker", "--coordinator", address, "--data", "csv:same.csv?\(query)"], in: folder.path)
                #expect(told.code == 0, "\(told.errors)")
            }
            #expect(try outcome.digest() == single.digest())
        }
    }
}
