import Glibc
import LockstepFormats
import Testing

extension CommandTests {
    /// A run that was stopped, whatever stopped it, ends with the bits of one that never was.
    @Suite struct Resuming {
        private let folder = TemporaryFolder()

        /// How a run is spread: the options of `train`.
        static let modes = [
            ["--single-process"], ["--workers", "2"], ["--workers", "3", "--transport", "tcp"],
            ["--workers", "2", "--transport", "in-process"],
        ]

        @Test(arguments: modes, [["--workers", "2"], ["--single-process"]])
        func afterCtrlCGoesOnToTheSameBits(mode: [String], later: [String]) async throws {
            let stopped = try await Lockstep.run(["train", "--json"] + mode + Jobs.middling, in: folder.path) {
                try await $0.step(20)
                $0.signal(SIGINT)
            }
            #expect(stopped.code == 130)
            let stop = try stopped.event("stopped")
            let run = try #require(stop.run)
            #expect(try #require(stop.step) < 600)
            #expect(access("\(folder.path)/\(try #require(stop.checkpoint))", R_OK) == 0)

            let resumed = try await Lockstep.run(["train", "--json", "--resume", run] + later, in: folder.path)
            #expect(try resumed.event("started").completedSteps == stop.step)
            #expect(try await resumed.digest() == Jobs.digest(of: Jobs.middling))
            try expectEachStepOnce(run)
        }

        @Test(arguments: modes) func afterSIGKILLOfEverythingGoesOnToTheSameBits(mode: [String]) async throws {
            let job = Jobs.middling + ["--checkpoint-every", "10"]
            let killed = try await Lockstep.run(["train", "--json"] + mode + job, in: folder.path) {
                try await $0.step(25)
                $0.signalGroup(SIGKILL)
            }
            #expect(killed.signal == SIGKILL)
            let run = try #require(killed.event("started").run)
            let resumed = try await Lockstep.run(
                ["train", "--json", "--workers", "2", "--resume", run], in: folder.path)
            #expect(try #require(resumed.event("started").completedSteps) >= 10)
            #expect(try await resumed.digest() == Jobs.digest(of: Jobs.middling))
            try expectEachStepOnce(run)
        }

        @Test func withWorkersStartedByHandGoesOnToTheSameBits() async throws {
            let stopped = try await Cluster.train(
                Jobs.middling, workers: 1, in: folder.path,
                during: { coordinator, _ in
                    try await coordinator.step(20)
                    coordinator.signal(SIGINT)
                })
            #expect(stopped.coordinator.code == 130)
            #expect(stopped.workers.map(\.code) == [0])
            let run = try #require(stopped.coordinator.event("stopped").run)
            let resumed = try await Cluster.train(["--resume", run], workers: 2, in: folder.path)
            #expect(try await resumed.coordinator.digest() == Jobs.digest(of: Jobs.middling))
            try expectEachStepOnce(run)
        }

        @Test(arguments: modes) func onDataOfAFolderGoesOnToTheSameBits(mode: [String]) async throws {
            let data = TemporaryFolder()
            try Images.write(seed: 1, training: 480, to: data.path)
            let job = [
                "--data", "idx:\(data.path)", "--model", "mlp:12-64-3", "--batch", "16", "--microbatches", "4",
                "--epochs",
                "100", "--checkpoint-every", "10",
            ]
            let stopped = try await Lockstep.run(["train", "--json"] + mode + job, in: folder.path) {
                try await $0.step(15)
                $0.signal(SIGINT)
            }
            let run = try #require(stopped.event("stopped").run)
            let resumed = try await Lockstep.run(["train", "--json", "--resume", run] + mode, in: folder.path)
            #expect(try #require(resumed.event("started").completedSteps) >= 10)
            #expect(try await resumed.digest() == Jobs.digest(of: job))
        }

        @Test func onDataThatWereMovedTakesTheirNewPlace() async throws {
            let (old, new) = (TemporaryFolder(), TemporaryFolder())
            for folder in [old, new] { try Images.write(seed: 1, training: 480, to: folder.path) }
            let job = ["--model", "mlp:12-64-3", "--batch", "16", "--epochs", "2", "--microbatches", "4"]
            let run = try await trainTiny(["--data", "idx:\(old.path)", "--limit", "160"] + job)
            for name in TemporaryFolder.names(in: old.path) { unlink("\(old.path)/\(name)") }
            let lost = try await Lockstep.run(["train", "--resume", run], in: folder.path)
            #expect(lost.code == 1)
            #expect(lost.errors.contains(old.path))
            let found = try await Lockstep.run(
                ["train", "--json", "--workers", "2", "--resume", run, "--data", "idx:\(new.path)"], in: folder.path)
            #expect(found.code == 0, "\(found.errors)")
        }

        @Test func beforeTheFirstCheckpointBeginsAnew() async throws {
            let killed = try await Lockstep.run(["train", "--workers", "2", "--json"] + Jobs.middling, in: folder.path)
            {
                try await $0.step(3)
                $0.signalGroup(SIGKILL)
            }
            let run = try #require(killed.event("started").run)
            let resumed = try await Lockstep.run(
                ["train", "--json", "--single-process", "--resume", run], in: folder.path)
            #expect(try resumed.event("started").completedSteps == 0)
            #expect(try await resumed.digest() == Jobs.digest(of: Jobs.middling))
            try expectEachStepOnce(run)
        }

        @Test(arguments: modes) func aCompleteRunGivesItsResultAgain(mode: [String]) async throws {
            let run = try await trainTiny()
            let again = try await Lockstep.run(["train", "--json", "--resume", run] + mode, in: folder.path)
            #expect(again.code == 0)
            #expect(try await again.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(again.events.filter { $0.event == "step" }.isEmpty)
            #expect(try again.event("finished").accuracy != nil)
        }

        @Test(arguments: [
            ["--batch", "32"], ["--epochs", "2"], ["--lr", "0.1"], ["--data", "synthetic"],
        ])
        func takesNoOptionThatWouldChangeTheRun(option: [String]) async throws {
            let run = try await trainTiny()
            let refused = try await Lockstep.run(["train", "--resume", run] + option, in: folder.path)
            #expect(refused.code == 1)
            #expect(refused.errors.contains("\(option[0]) cannot be given with --resume"))
        }

        @Test func mayBeAllowedLossesThatAreNotFinite() async throws {
            let run = try await trainTiny(Jobs.tiny + ["--checkpoint-every", "4"])
            let resumed = try await Lockstep.run(
                ["train", "--json", "--workers", "2", "--resume", run, "--allow-non-finite"], in: folder.path)
            // The checkpoints, which were written before, are as good as ever, and what is allowed is recorded.
            #expect(try resumed.event("started").completedSteps == 10)
            #expect(try await resumed.digest() == Jobs.digest(of: Jobs.tiny))
            let settings = String(decoding: try File.read("\(folder.path)/\(run)/settings.json"), as: UTF8.self)
            #expect(settings.contains("\"continues_when_not_finite\" : true"))
        }

        @Test func fallsBackToTheCheckpointBeforeADamagedOneAndSaysSo() async throws {
            let job = Jobs.tiny + ["--checkpoint-every", "4"]
            let run = try await trainTiny(job)
            let newest = "\(folder.path)/\(run)/checkpoint-00000010.safetensors"
            var bytes = try File.read(newest)
            bytes[bytes.count - 100] ^= 1
            try AtomicFile.write(bytes, to: newest)

            let resumed = try await Lockstep.run(
                ["train", "--workers", "2", "--json", "--resume", run], in: folder.path)
            let note = try #require(resumed.events.first { $0.text?.contains("is damaged") == true }?.text)
            #expect(note.contains("checkpoint-00000010.safetensors"))
            #expect(note.contains("the checkpoint before it is "))
            #expect(try resumed.event("started").completedSteps == 8)
            #expect(try await resumed.digest() == Jobs.digest(of: Jobs.tiny))
            try expectEachStepOnce(run, steps: 10)
        }

        @Test func saysWhereNoCheckpointCanBeRead() async throws {
            let run = try await trainTiny()
            for name in TemporaryFolder.names(in: "\(folder.path)/\(run)") where name.hasPrefix("checkpoint-") {
                try AtomicFile.write(Array("no weights".utf8), to: "\(folder.path)/\(run)/\(name)")
            }
            let refused = try await Lockstep.run(["train", "--resume", run], in: folder.path)
            #expect(refused.code == 1)
            #expect(refused.errors.contains("none of the 1 checkpoints in \(run) can be used"))
        }

        @Test func aRunThatIsBeingTrainedIsInUse() async throws {
            try await Lockstep.run(["train", "--workers", "1", "--json"] + Jobs.endless, in: folder.path) { first in
                try await first.step(1)
                let run = "runs/\(try #require(TemporaryFolder.names(in: folder.path + "/runs").first))"
                let second = try await Lockstep.run(["train", "--resume", run], in: folder.path)
                #expect(second.code == 1)
                #expect(second.errors.contains("\(run) is in use by another process"))
                first.signal(SIGINT)
            }
        }

        @Test(arguments: [("nowhere", "nowhere is not the folder of a run"), (".", "settings.json")])
        func aFolderThatHoldsNoRunIsNamed(path: String, message: String) async throws {
            let refused = try await Lockstep.run(["train", "--resume", path], in: folder.path)
            #expect(refused.code == 1)
            #expect(refused.errors.contains(message))
        }

        /// Trains a job of ten steps and gives its run's folder.
        private func trainTiny(_ job: [String] = Jobs.tiny) async throws -> String {
            let outcome = try await Lockstep.run(["train", "--single-process", "--json"] + job, in: folder.path)
            return try #require(outcome.event("finished").run)
        }

        /// The metrics of a complete run have each step once, in order, and a test an epoch.
        private func expectEachStepOnce(_ run: String, steps: Int = 600) throws {
            let lines = try Event.lines(ofFile: "\(folder.path)/\(run)/metrics.jsonl")
            #expect(lines.filter { $0.kind == "step" }.compactMap(\.step) == Array(1...steps))
            #expect(lines.filter { $0.kind == "test" }.compactMap(\.epoch) == Array(1...max(1, steps / 150)))
        }
    }
}
