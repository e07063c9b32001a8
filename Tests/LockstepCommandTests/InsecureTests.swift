import Glibc
import Testing

extension CommandTests {
    /// Who asks to do without keys is told what it means, at every start.
    @Suite struct Insecure {
        private let folder = TemporaryFolder()
        private let warning = "neither encrypted nor authenticated, and anybody who reaches tcp://"

        @Test func isWarnedOfWheneverSomethingThatOthersReachIsStarted() async throws {
            // Every address of this host: whoever is in the same network reaches it. First a new run, then the same one resumed.
            var options = Jobs.endless
            for _ in 0..<2 {
                let outcome = try await Lockstep.run(
                    ["coordinator", "--bind", "tcp://0.0.0.0:0", "--insecure", "--workers", "1", "--json"] + options,
                    in: folder.path
                ) { coordinator in
                    let address = try await coordinator.address()
                    let port = try #require(address.split(separator: ":").last)
                    let worker = try await Lockstep.run(
                        [
                            "worker", "--coordinator", "tcp://127.0.0.1:\(port)", "--bind", "tcp://0.0.0.0:0",
                            "--insecure",
                        ], in: folder.path
                    ) { _ in
                        try await coordinator.step(1)
                        coordinator.signal(SIGINT)
                    }
                    #expect(worker.code == 0, "\(worker.errors)")
                    #expect(worker.errors.contains(warning), "\(worker.errors)")
                }
                #expect(outcome.code == 130, "\(outcome.transcript.text)")
                // Before anything else is said: nobody has been let in yet.
                #expect(outcome.events.first?.event == "warning", "\(outcome.transcript.text)")
                #expect(outcome.events.first?.text?.contains(warning) == true)
                options = ["--resume", try #require(outcome.event("stopped").run)]
            }
        }

        @Test func isTheOnlyWayToDoWithoutKeys() async throws {
            for start in [["coordinator"] + Jobs.tiny, ["worker", "--coordinator", "tcp://127.0.0.1:1"]] {
                let outcome = try await Lockstep.run(start + ["--bind", "tcp://0.0.0.0:0"], in: folder.path)
                #expect(outcome.code == 1)
                #expect(
                    outcome.errors.contains("other hosts reach tcp://0.0.0.0:0, so keys are required"),
                    "\(outcome.errors)")
            }
        }
    }
}
