import Testing

extension CommandTests {
    /// What is typed wrong is answered with what would be right.
    @Suite struct BadOptions {
        private let folder = TemporaryFolder()

        /// Runs a command that must fail, and must leave nothing behind.
        private func refuse(
            _ arguments: [String], saying messages: [String], code: Int = 1,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let outcome = try await Lockstep.run(arguments, in: folder.path)
            #expect(outcome.code == code, sourceLocation: sourceLocation)
            for message in messages {
                #expect(outcome.errors.contains(message), "\(outcome.errors)", sourceLocation: sourceLocation)
            }
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [], sourceLocation: sourceLocation)
        }

        @Test(arguments: ["train", "coordinator", "worker", "evaluate"])
        func anUnknownOptionListsTheValidOnes(command: String) async throws {
            let help = try await Lockstep.run([command, "--help"], in: folder.path).output
            let options = help.matches(of: /(?m)^  (?:-[a-z], )?(--[a-z-]+)/).map { String($0.1) }
            #expect(options.count >= 4)
            try await refuse(
                [command, "--bogus"], saying: ["Unknown option '--bogus'", "Valid options: "] + options, code: 64)
        }

        @Test func anUnknownOptionIsNamedWhereAnotherIsMissing() async throws {
            try await refuse(
                ["worker", "--coordinatr=tcp://10.0.0.1:1"],
                saying: ["Unknown option '--coordinatr'", "--coordinator"],
                code: 64)
        }

        @Test func anUnknownCommandListsTheValidOnes() async throws {
            try await refuse(
                ["trian"], saying: ["'trian'", "Valid commands: train coordinator worker evaluate"], code: 64)
        }

        @Test(arguments: [
            (["--model", "cnn:3"], ["'cnn:3'", "expected cnn, cnn:dropout=0,norm=batch"]),
            (["--model", "mlp:784"], ["at least two widths"]),
            (["--model", "mlp:784-0-10"], ["widths of 1 to 1000000"]),
            (["--model", "mlp:784-many-10"], ["widths of 1 to 1000000", "'mlp:784-many-10'"]),
            (["--model", "mlp:1000000-1000000-1000000"], ["has more than 1099511627776 parameters"]),
            (
                ["--model", "mlp:1000000-1000000"],
                ["has 1000001000000 parameters, which take 7629402 MiB", "this machine has"]
            ),
            (["--data", "mnist"], ["'mnist'", "fashion-mnist, synthetic, random, idx:FOLDER, csv:FILE?label=COLUMN"]),
            (["--optimizer", "lion"], ["'lion'", "sgd, adam, adamw, adagrad, rmsprop, adadelta, nadam, lamb"]),
            (["--lr-decay", "0.1"], ["--lr-decay cannot be given with --optimizer adam", "--weight-decay"]),
            (
                ["--microbatches", "8", "--batch", "4"],
                ["--microbatches is 8; expected at most the samples of a batch (--batch 4)"]
            ),
            (["--microbatches", "0"], ["--microbatches is 0; expected 1 to"]),
            (["--batch", "0"], ["--batch is 0; expected at least 1"]),
            (["--epochs", "-1"], ["--epochs is -1; expected at least 1"]),
            (["--limit", "0"], ["--limit is 0; expected at least 1"]),
            (["--checkpoint-every", "0"], ["--checkpoint-every is 0; expected at least 1"]),
            (["--bucket-bytes", "3"], ["--bucket-bytes is 3; expected at least 4 bytes"]),
            (["--lr", "-1"], ["--optimizer adam: Invalid learning rate: -1"]),
            (["--optimizer", "sgd", "--momentum", "-0.5"], ["--optimizer sgd: Invalid momentum value: -0.5"]),
            (
                ["--momentum", "0.9"],
                ["--momentum cannot be given with --optimizer adam, which has --lr, --betas, --eps, --weight-decay"]
            ),
            (["--betas", "0.9"], ["betas must be two numbers"]),
            (["--optimizer", "sgd", "--nesterov"], ["Nesterov momentum requires a momentum"]),
        ])
        func aJobOptionThatCannotBeUsedIsNamed(options: [String], messages: [String]) async throws {
            try await refuse(["train", "--single-process"] + options, saying: messages)
        }

        @Test(arguments: [
            (["--lr", "fast"], "'fast' is invalid for '--lr"),
            (["--seed", "-1"], "'-1' is invalid for '--seed"),
            (["--batch", "--json"], "'--json' is invalid for '--batch"),
            (["--workers", "0"], "--workers is 0; expected 1 to 1024"),
            (["--workers", "-3"], "--workers is -3; expected 1 to 1024"),
            (["--compare-every", "0"], "--compare-every is 0; expected 1 to 1000000000 steps"),
            (["--on-divergence", "guess"], "--on-divergence is guess; expected majority or checkpoint"),
            (["--kernels", "zen9"], "--kernels is zen9; expected prescott, nehalem, sandybridge, haswell, zen, "),
            (["--transport", "pigeon"], "one of 'ipc', 'tcp' or 'in-process'"),
            (["--single-process", "--workers", "2"], "--workers cannot be given with --single-process"),
            (["--single-process", "--threads", "0"], "--threads is 0; expected 1 to 1024"),
            (["--workers", "2", "--threads", "2"], "each worker computes with one thread; give --workers 2"),
            (["--quiet", "--json"], "--quiet and --json cannot be given together"),
        ])
        func aValueThatCannotBeReadIsNamed(options: [String], message: String) async throws {
            try await refuse(["train"] + options, saying: [message], code: 64)
        }

        @Test func threadsThatWouldChangeTheBitsAreRefused() async throws {
            try await refuse(
                ["train", "--single-process", "--threads", "2", "--kernels", "nehalem"],
                saying: ["--threads is 2; expected 1", "OpenBLAS's"], code: 64)
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"], ["--workers", "2", "--transport", "in-process"]])
        func aModelThatDoesNotFitTheImagesIsNamedWithBothSizes(mode: [String]) async throws {
            try await refuse(
                ["train", "--data", "synthetic", "--model", "mlp:100-10"] + mode,
                saying: ["images of 28×28 = 784 pixels", "mlp:100-10 takes 100 inputs"])
            try await refuse(
                ["train", "--data", "synthetic", "--model", "mlp:784-3"] + mode,
                saying: ["has 10 classes", "mlp:784-3 gives 3 scores"])
        }

        @Test(arguments: ["/proc/runs", "/dev/null/runs"])
        func aPlaceThatCannotBeWrittenIsNamed(runs: String) async throws {
            try await refuse(
                ["train", "--single-process", "--runs", runs] + Jobs.tiny,
                saying: ["cannot make the folder \(runs)", "name another place with --runs FOLDER"])
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func aLossThatIsNotFiniteStopsTheRunAndNamesTheStep(mode: [String]) async throws {
            let job = Jobs.tiny + ["--optimizer", "sgd", "--lr", "1e30", "--json"]
            let stopped = try await Lockstep.run(["train"] + mode + job, in: folder.path)
            #expect(stopped.code == 1)
            let last = try #require(stopped.events.last { $0.event == "step" }?.step)
            #expect(stopped.errors.firstMatch(of: /the loss is (NaN|inf) at step (\d+) \(epoch 1\)/)?.2 == "\(last)")
            #expect(stopped.errors.contains("Start a new run with a smaller learning rate (--lr is 1e+30)"))

            // The advice works as it is printed.
            let advice = try #require(
                stopped.errors.firstMatch(of: /go on regardless: lockstep (train --resume \S+ --allow-non-finite)/)?.1)
            let arguments = advice.split(separator: " ").map(String.init)
            let resumed = try await Lockstep.run(arguments + ["--json"] + mode, in: folder.path)
            #expect(resumed.code == 0, "\(resumed.errors)")
            #expect(resumed.lines.last?.contains("\"event\":\"finished\"") == true)
            let metrics = try Event.lines(ofFile: "\(folder.path)/\(arguments[2])/metrics.jsonl")
            #expect(metrics.filter { $0.kind == "step" }.compactMap(\.step) == Array(1...10))

            let regardless = try await Lockstep.run(["train", "--allow-non-finite"] + mode + job, in: folder.path)
            #expect(regardless.code == 0)
            #expect(regardless.events.count { $0.event == "step" } == 10)
            guard case .word("NaN") = try #require(regardless.events.last { $0.event == "step" }?.loss) else {
                Issue.record("the loss is a number: \(regardless.output)")
                return
            }
        }
    }
}
