import Glibc
import Testing

extension CommandTests {
    /// Asking how a run is, and ending it, from another terminal.
    @Suite struct Status {
        private let folder = TemporaryFolder()

        private func runFolder() throws -> String {
            "runs/\(try #require(TemporaryFolder.names(in: "\(folder.path)/runs").first))"
        }

        @Test func aRunIsShownWhileItGoesOnAndStoppedInOrder() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "2", "--json"] + Jobs.endless, in: folder.path
            ) { [folder] command in
                let worker = try await command.worker(1)
                try await command.step(60)
                let run = try runFolder()
                // What workers do is written down once a second at most.
                var lines: [String] = []
                for _ in 0..<100 where !lines.contains(where: { $0.contains("worker 1 (") }) {
                    let status = try await Lockstep.run(["status", run], in: folder.path)
                    #expect(status.code == 0, "\(status.errors)")
                    lines = status.lines
                    try await command.step(
                        (command.transcript.lines(of: .output).compactMap { Event($0)?.step }.max() ?? 0) + 20)
                }
                #expect(lines.contains("run         \(run)"))
                #expect(
                    lines.contains { $0.hasPrefix("state       training, process \(command.pid) on host \(hostName)") })
                #expect(lines.contains { $0.hasPrefix("progress    step ") && $0.contains(", epoch ") })
                #expect(
                    lines.contains { $0.contains("worker 1 (host \(hostName), process \(worker)): 2 microbatches") })
                let stop = try await Lockstep.run(["stop", run], in: folder.path)
                #expect(stop.code == 0, "\(stop.errors)")
                #expect(stop.output == "stopped     \(run)")
            }
            #expect(outcome.code == 130)
            #expect(try #require(outcome.event("stopped").step) >= 60)
            let run = try runFolder()
            let after = try await Lockstep.run(["status", run], in: folder.path)
            #expect(
                after.output.contains(
                    "state       not running on this host; go on with: lockstep train --resume \(run)"))
            let again = try await Lockstep.run(["stop", run], in: folder.path)
            #expect(again.code == 1)
            #expect(again.errors.contains("\(run) is not being trained by a process of this host"))
        }

        @Test func aCompleteRunIsSaidToBe() async throws {
            _ = try await Lockstep.run(["train", "--single-process", "--json"] + Jobs.tiny, in: folder.path)
            let status = try await Lockstep.run(["status", try runFolder()], in: folder.path)
            #expect(status.output.contains("state       complete"))
            #expect(status.output.contains("progress    step 10, epoch 1/1"))
            #expect(status.output.contains("checkpoint  after step 10"))
        }

        @Test(arguments: ["status", "stop"]) func whatIsNoRunIsNamed(command: String) async throws {
            let outcome = try await Lockstep.run([command, "nowhere"], in: folder.path)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("nowhere is not the folder of a run"))
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func asManyCheckpointsAreKeptAsAreWanted(mode: [String]) async throws {
            let outcome = try await Lockstep.run(
                ["train", "--json", "--checkpoint-every", "2", "--keep", "3"] + mode + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let names = TemporaryFolder.names(in: "\(folder.path)/\(try runFolder())").filter {
                $0.hasPrefix("checkpoint-")
            }
            #expect(names == [6, 8, 10].map { "checkpoint-000000\($0 < 10 ? "0" : "")\($0).safetensors" })
            let bad = try await Lockstep.run(["train", "--keep", "0"], in: folder.path)
            #expect(bad.errors.contains("--keep is 0; expected at least 1 checkpoint"))
        }
    }
}
