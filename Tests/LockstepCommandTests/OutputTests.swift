import Glibc
import LockstepFormats
import Testing

extension CommandTests {
    /// What is printed, for people and for programs.
    @Suite struct Output {
        private let folder = TemporaryFolder()

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func jsonIsALineAnEventWithTheDocumentedFields(mode: [String]) async throws {
            let outcome = try await Lockstep.run(["train", "--json"] + mode + Jobs.tiny, in: folder.path)
            #expect(outcome.errors == "")
            #expect(outcome.lines.allSatisfy { Event($0)?.event != nil })
            let kinds = outcome.events.compactMap(\.event).filter { $0 != "note" }
            #expect(kinds == ["started"] + Array(repeating: "step", count: 10) + ["test", "checkpoint", "finished"])

            let started = try outcome.event("started")
            #expect(started.samples == 600 && started.steps == 10 && started.completedSteps == 0)
            #expect(started.parameters == 784 * 32 + 32 + 32 * 10 + 10)
            #expect(started.workers?.count == (mode.count == 1 ? 0 : 2))
            let steps = outcome.events.filter { $0.event == "step" }
            #expect(steps.compactMap(\.step) == Array(1...10))
            #expect(steps.compactMap(\.samples).reduce(0, +) == 600)
            for step in steps {
                #expect(step.epoch == 1 && step.loss != nil && step.samplesPerSecond != nil)
                #expect(step.computeSeconds != nil && step.communicateSeconds != nil)
            }
            let test = try outcome.event("test")
            let finished = try outcome.event("finished")
            #expect(test.samples == 2000 && test.step == 10 && test.accuracy == finished.accuracy)
            #expect(finished.steps == 10 && finished.run == started.run && finished.testLoss != nil)
            #expect(try outcome.event("checkpoint").step == 10)
        }

        @Test func theMetricsFileHoldsWhatWasPrinted() async throws {
            let outcome = try await Lockstep.run(["train", "--json", "--workers", "2"] + Jobs.tiny, in: folder.path)
            let run = try #require(outcome.event("finished").run)
            let lines = try Event.lines(ofFile: "\(folder.path)/\(run)/metrics.jsonl")
            #expect(lines.compactMap(\.kind) == Array(repeating: "step", count: 10) + ["test"])
            let printed = outcome.events.filter { $0.event == "step" || $0.event == "test" }
            #expect(lines.map { "\($0.loss as Any)" } == printed.map { "\($0.loss as Any)" })
            #expect(lines.map(\.samplesPerSecond) == printed.map(\.samplesPerSecond))
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func quietPrintsNothing(mode: [String]) async throws {
            let outcome = try await Lockstep.run(["train", "--quiet"] + mode + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 0)
            #expect(outcome.output == "" && outcome.errors == "")
        }

        @Test func plainLinesWhereOutputIsNoTerminal() async throws {
            let outcome = try await Lockstep.run(["train", "--workers", "2"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 0 && outcome.errors == "")
            #expect(!outcome.output.contains("\u{1b}") && !outcome.output.contains("\r"))
            for pattern in [
                #"run         runs/"#, "model       mlp:784-32-10, 25,450 parameters",
                "data        synthetic, 600 samples",
                "workers     2", "epoch 1/1  step 10/10  loss ", "epoch 1  test loss ", "accuracy    ", "throughput  ",
                "weights     runs/", "sha256      \(try await Jobs.digest(of: Jobs.tiny))",
            ] {
                #expect(outcome.output.contains(pattern), "\(pattern) is not in:\n\(outcome.output)")
            }
        }

        @Test func theNameOfARunIsInItsFoldersName() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--json", "--name", "a/b c"] + Jobs.tiny, in: folder.path)
            let run = try #require(outcome.event("finished").run)
            #expect(run.firstMatch(of: /^runs\/\d{8}-\d{6}-a-b-c$/) != nil)
            #expect(
                TemporaryFolder.names(in: "\(folder.path)/\(run)")
                    == [
                        "checkpoint-00000010.safetensors", "coordinator.json", "final.safetensors", "ledger.jsonl",
                        "machine.json", "metrics.jsonl", "settings.json",
                    ])
        }

        @Test(arguments: [[], ["train"], ["coordinator"], ["worker"], ["evaluate"]])
        func helpHasExamplesThatFitTheTerminal(command: [String]) async throws {
            let outcome = try await Lockstep.run(command + ["--help"], in: folder.path)
            #expect(outcome.code == 0)
            let lines = outcome.lines.drop { $0 != "EXAMPLES" }.dropFirst().prefix { $0.hasPrefix("  ") }
            #expect(lines.count >= 2)
            // An example that is broken into two lines cannot be copied.
            #expect(lines.allSatisfy { $0.hasPrefix("  lockstep ") })
        }

        @Test func byDefaultThereIsAWorkerForEachCoreThatTheProcessMayUse() async throws {
            let outcome = try await Lockstep.run(
                program: "/usr/bin/taskset", ["--cpu-list", "0", Lockstep.binary, "train", "--json"] + Jobs.tiny,
                in: folder.path)
            #expect(try outcome.event("started").workers?.count == 1)
        }

        /// Runs a shell command where the system's data sets are out of sight.
        private static func withoutDataSets(_ command: String, in folder: String) async throws -> Outcome {
            try await Lockstep.run(
                program: "/usr/bin/unshare",
                [
                    "--mount", "/bin/sh", "-c",
                    "[ ! -d /usr/share/datasets ] || mount -t tmpfs tmpfs /usr/share/datasets || exit 77; \(command)",
                    Lockstep.binary,
                ], in: folder)
        }

        @Test(
            .enabled("needs to make mount namespaces: run as root") {
                (try? await Output.withoutDataSets("true", in: "/tmp").code) == 0
            }
        )
        func withoutFashionMNISTTheDrawnDigitsAreTheDefaultAndThatIsSaid() async throws {
            let job = "--limit 600 --epochs 1 --model mlp:784-32-10"
            let outcome = try await Output.withoutDataSets(
                "exec \"$0\" train --single-process \(job)", in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(
                outcome.lines.first
                    == "Fashion-MNIST is not installed (apt-get install dataset-fashion-mnist); training on the built-in synthetic digits instead"
            )
            #expect(outcome.output.contains("data        synthetic, 600 samples"))
        }

        @Test func helpAndAdviceNameTheProgramAsItWasStarted() async throws {
            let other = folder.path + "/spirals"
            #expect(symlink(Lockstep.binary, other) == 0)
            let help = try await Lockstep.run(program: other, ["train", "--help"], in: folder.path)
            #expect(help.output.contains("\n  spirals train --workers 4"))
            #expect(help.output.contains("USAGE: spirals train"))
            #expect(!help.output.contains("lockstep"))
        }

        @Test func versionIsANumber() async throws {
            let outcome = try await Lockstep.run(["--version"], in: folder.path)
            #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
        }

        @Test func withoutACommandThereIsHelp() async throws {
            let outcome = try await Lockstep.run([], in: folder.path)
            #expect(outcome.output.contains("USAGE: lockstep <subcommand>"))
        }
    }
}
