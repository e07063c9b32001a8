import Glibc
import Testing

extension CommandTests {
    /// What becomes of a run, and of its processes, when one of them is stopped, killed or frozen.
    @Suite struct Endings {
        private let folder = TemporaryFolder()
        /// Where local runs keep their sockets.
        private let sockets = TemporaryFolder()

        /// Trains without end on three workers; `body` gets the command and its workers' processes once steps are made.
        private func train(
            _ options: [String] = [], deadline: Duration = .seconds(60),
            while body: @escaping @Sendable (Running, [pid_t]) async throws -> Void
        ) async throws -> Outcome {
            try await Lockstep.run(
                ["train", "--workers", "3", "--json"] + Jobs.endless + options, in: folder.path,
                environment: ["XDG_RUNTIME_DIR": sockets.path], deadline: deadline
            ) { command in
                var workers: [pid_t] = []
                for rank in 0..<3 { workers.append(try await command.worker(rank)) }
                try await command.step(12)
                try await body(command, workers)
            }
        }

        /// The promise: whoever dies or freezes is named within this time.
        private static let promised = Duration.seconds(5)

        /// No process of the run is left, and no socket.
        private func expectNothingLeft(_ workers: [pid_t]) async throws {
            for worker in workers { #expect(try await Processes.waitUntilGone(worker), "process \(worker) is left") }
            #expect(TemporaryFolder.names(in: sockets.path) == [])
        }

        @Test func theLastWorkersDeathEndsTheRunAndIsNamed() async throws {
            let pids = Shared<[pid_t]>([])
            let began = Shared(ContinuousClock.now)
            let outcome = try await train(["--checkpoint-every", "10", "--restarts", "0"]) { command, workers in
                pids.value = workers
                // There is something to resume from.
                try await command.line(containing: "\"event\":\"checkpoint\"")
                for worker in workers.dropLast() {
                    kill(worker, SIGKILL)
                    try await command.line(containing: "process \(worker)) was ended by signal 9 (SIGKILL) at step ")
                }
                began.value = .now
                kill(workers[2], SIGKILL)
            }
            #expect(ContinuousClock.now - began.value < Endings.promised)
            #expect(outcome.code == 1)
            let message = outcome.errors
            #expect(message.contains("worker 2 (host \(hostName), process \(pids.value[2]))"))
            #expect(message.contains("was ended by signal 9 (SIGKILL) at step "))
            #expect(message.contains("resume with: lockstep train --resume runs/"))
            try await expectNothingLeft(pids.value)
            // The last checkpoint is whole, and the run can go on from it.
            let checkpoint = try #require(outcome.event("checkpoint").path)
            #expect(message.contains(checkpoint))
            #expect(try await Lockstep.run(["evaluate", checkpoint], in: folder.path).code == 0)
        }

        @Test func aFrozenWorkerIsNamedAndLeftBehindByNobody() async throws {
            let pids = Shared<[pid_t]>([])
            let began = Shared(ContinuousClock.now)
            let outcome = try await train { command, workers in
                pids.value = workers
                began.value = .now
                kill(workers[2], SIGSTOP)
                try await command.line(
                    containing: "worker 2 (host \(hostName), process \(workers[2])) has not been heard from for")
                #expect(ContinuousClock.now - began.value < Endings.promised)
                let before = command.transcript.lines(of: .output).compactMap { Event($0)?.step }.max() ?? 0
                try await command.step(before + 20)
                command.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            // One that is frozen cannot end by itself.
            try await expectNothingLeft(pids.value)
        }

        @Test func noWorkerOutlivesAKilledLauncher() async throws {
            let pids = Shared<[pid_t]>([])
            let outcome = try await train { command, workers in
                pids.value = workers
                command.signal(SIGKILL)
            }
            #expect(outcome.signal == SIGKILL)
            for worker in pids.value { #expect(try await Processes.waitUntilGone(worker), "process \(worker) is left") }
        }

        /// As terminals do it, and service managers: all processes get the signal.
        @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func aSignalToAllStopsCleanly(signal: Int32) async throws {
            let pids = Shared<[pid_t]>([])
            let outcome = try await train { command, workers in
                pids.value = workers
                command.signalGroup(signal)
            }
            #expect(outcome.code == 130)
            #expect(outcome.errors == "")
            let stop = try outcome.event("stopped")
            #expect(try #require(stop.step) >= 12)
            #expect(outcome.events.last { $0.event == "step" }?.step == stop.step)
            try await expectNothingLeft(pids.value)
        }

        @Test func aHangupIsIgnoredWhereItWasFromTheStart() async throws {
            let outcome = try await Lockstep.run(
                program: "/bin/sh",
                ["-c", "trap '' HUP; exec \"$0\" train --workers 2 --json \"$@\"", Lockstep.binary] + Jobs.endless,
                in: folder.path
            ) { command in
                try await command.step(5)
                command.signalGroup(SIGHUP)
                try await command.step(100)
                command.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            #expect(try #require(outcome.event("stopped").step) >= 100)
        }

        @Test func aRunThatIsSuspendedGoesOnAfterwards() async throws {
            let outcome = try await train { command, _ in
                command.signalGroup(SIGSTOP)
                // What this is about is that time passes, more than any worker may be silent for.
                try await Task.sleep(for: .seconds(4))
                let before = command.transcript.lines(of: .output).compactMap { Event($0)?.step }.max() ?? 0
                command.signalGroup(SIGCONT)
                // All would have been told of the end within this many steps.
                try await command.step(before + 100)
                command.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            #expect(outcome.errors == "")
        }

        @Test func aPlainRunSaysHowToResume() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "2"] + Jobs.endless, in: folder.path
            ) { command in
                try await command.line(containing: "step ")
                command.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            #expect(outcome.output.contains("resume with: lockstep train --resume runs/"))
            #expect(outcome.output.firstMatch(of: /its state is in runs\/\S+\/checkpoint-\d+\.safetensors/) != nil)
        }

        @Test func aCoordinatorSaysHowToResumeItAsItWasStarted() async throws {
            let address = "ipc://\(folder.path)/coordinator"
            let outcome = try await Lockstep.run(
                ["coordinator", "--bind", address, "--workers", "1"] + Jobs.endless, in: folder.path
            ) { coordinator in
                try await coordinator.line(containing: "coordinator listening on")
                try await Lockstep.run(["worker", "--coordinator", address], in: folder.path) { _ in
                    try await coordinator.line(containing: "step ")
                    coordinator.signal(SIGINT)
                }
            }
            let pattern = /resume with: lockstep coordinator --resume runs\/\S+ --bind ipc:\/\/(\S+) --workers 1/
            let told = try #require(outcome.output.firstMatch(of: pattern))
            #expect(String(told.1) == folder.path + "/coordinator")
        }

        @Test func aSecondCtrlCEndsAtOnceAndLeavesNothing() async throws {
            let pids = Shared<[pid_t]>([])
            let outcome = try await train { command, workers in
                pids.value = workers
                // A frozen worker keeps the step in flight from ending, so that the first one cannot be enough.
                kill(workers[0], SIGSTOP)
                command.signal(SIGINT)
                try await command.line(containing: "interrupt again to stop at once")
                command.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            #expect(!outcome.events.contains { $0.event == "stopped" })
            try await expectNothingLeft(pids.value)
        }

        @Test func ctrlCBeforeTheFirstStepLeavesNothing() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1", "--json"] + Jobs.tiny, in: folder.path
            ) { coordinator in
                _ = try await coordinator.address()
                coordinator.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            #expect(outcome.errors.contains("interrupted before the first step"))
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
        }

        @Test func aStoppedSingleProcessLeavesACheckpoint() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--json"] + Jobs.endless, in: folder.path
            ) { command in
                try await command.step(5)
                command.signal(SIGTERM)
            }
            #expect(outcome.code == 130)
            #expect(access("\(folder.path)/\(try #require(outcome.event("stopped").checkpoint))", R_OK) == 0)
        }
    }
}
