import Glibc
import Testing

extension CommandTests {
    /// `--tensorboard`: what TensorBoard itself reads of a run is what the run's metrics say.
    @Suite(
        .enabled("needs Python with tensorboard: set LOCKSTEP_PYTHON to one that has it") {
            await Python.has("tensorboard.backend.event_processing.event_accumulator")
        }
    )
    struct TensorBoard {
        private let folder = TemporaryFolder()

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func aRunIsShownAsItsMetricsSay(mode: [String]) async throws {
            let outcome = try await Lockstep.run(
                ["train", "--json", "--tensorboard"] + mode + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 0)
            // The bits are those of a run without.
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
            try await expectEventsOfMetrics(try #require(outcome.event("started").run), lr: 0.001)
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func stepsThatAreDoneAgainAreShownOnce(mode: [String]) async throws {
            let job = Jobs.middling + ["--checkpoint-every", "10", "--optimizer", "sgd", "--lr", "0.05"]
            let killed = try await Lockstep.run(["train", "--json", "--tensorboard"] + mode + job, in: folder.path) {
                try await $0.step(25)
                $0.signalGroup(SIGKILL)
            }
            let run = try #require(killed.event("started").run)
            // It goes on writing events, since it has before.
            let resumed = try await Lockstep.run(["train", "--json", "--resume", run] + mode, in: folder.path)
            #expect(resumed.code == 0)
            try await expectEventsOfMetrics(run, lr: 0.05)
        }

        @Test func withoutTheOptionThereAreNone() async throws {
            let outcome = try await Lockstep.run(["train", "--json", "--single-process"] + Jobs.tiny, in: folder.path)
            let run = try #require(outcome.event("started").run)
            let printed = try await Python.run(
                "import sys, glob; print(glob.glob(sys.argv[1]))",
                [
                    "\(folder.path)/\(run)/events*"
                ])
            #expect(printed == "[]")
        }

        /// Compares TensorBoard's curves with the lines of metrics.jsonl, rounded to Float as events are.
        private func expectEventsOfMetrics(_ run: String, lr: Double) async throws {
            let printed = try await Python.run(
                """
                import json, struct, sys
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                run, lr = sys.argv[1], float(sys.argv[2])
                a = EventAccumulator(run, size_guidance={"scalars": 0})
                a.Reload()
                lines = [json.loads(line) for line in open(run + "/metrics.jsonl")]
                single = lambda x: struct.unpack("f", struct.pack("f", x))[0]
                metrics = lambda kind, key: [(l["step"], single(l[key])) for l in lines if l["kind"] == kind]
                shown = lambda tag: [(e.step, e.value) for e in a.Scalars(tag)]
                print(sorted(a.Tags()["scalars"]))
                print(shown("loss/train") == metrics("step", "loss"), len(shown("loss/train")) > 0)
                print(shown("samples_per_second") == metrics("step", "samples_per_second"))
                print(shown("learning_rate") == [(l["step"], single(lr)) for l in lines if l["kind"] == "step"])
                print(shown("loss/test") == metrics("test", "loss"), shown("accuracy/test") == metrics("test", "accuracy"))
                """, ["\(folder.path)/\(run)", "\(lr)"])
            #expect(
                printed == """
                    ['accuracy/test', 'learning_rate', 'loss/test', 'loss/train', 'samples_per_second']
                    True True
                    True
                    True
                    True True
                    """)
        }
    }
}
