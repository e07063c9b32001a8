import Glibc
import Testing

extension CommandTests {
    /// How coordinator and workers find each other, and what they say where they do not.
    @Suite struct Joining {
        private let folder = TemporaryFolder()

        @Test func aWorkerThatIsEarlyWaitsAndSaysSo() async throws {
            let address = "ipc://\(folder.path)/coordinator"
            async let worker = Lockstep.run(
                ["worker", "--coordinator", address, "--log-level", "info"], in: folder.path
            ) {
                try await $0.line(containing: "waiting for the coordinator at \(address)")
                let coordinator = try await Lockstep.run(
                    ["coordinator", "--bind", address, "--workers", "1", "--json"] + Jobs.tiny, in: folder.path)
                #expect(try await coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            }
            #expect(try await worker.code == 0)
        }

        @Test func aCoordinatorSaysWhatItWaitsFor() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "2", "--wait", "1"] + Jobs.tiny, in: folder.path
            ) { coordinator in
                let address = try await coordinator.address()
                let worker = try await Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                #expect(worker.code == 1)
                #expect(
                    worker.errors.contains("the coordinator ended the run: 1 of 2 workers did not join within 1.0 s"))
            }
            #expect(outcome.code == 1)
            let pattern =
                /1 of 2 workers did not join within 1.0 s; start each with: lockstep worker --coordinator tcp:\/\/127.0.0.1:\d+/
            #expect(outcome.errors.firstMatch(of: pattern) != nil)
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
        }

        @Test(arguments: ["tcp://127.0.0.1:1", "tcp://192.0.2.1:9", "ipc:///tmp/nobody-listens-here"])
        func aWorkerWithoutACoordinatorGivesUpAndNamesTheAddress(address: String) async throws {
            let outcome = try await Lockstep.run(
                ["worker", "--coordinator", address, "--wait", "1", "--insecure"], in: folder.path)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("no coordinator answered at \(address) within 1.0 s; check the address"))
        }

        @Test func workersOfOtherDataAreRefusedOnBothSides() async throws {
            let (right, other) = (TemporaryFolder(), TemporaryFolder())
            try Images.write(seed: 1, to: right.path)
            try Images.write(seed: 2, to: other.path)
            let job = ["--data", "idx:\(right.path)", "--model", "mlp:12-4-3", "--batch", "4", "--epochs", "1"]
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "2", "--json"] + job, in: folder.path
            ) { coordinator in
                let address = try await coordinator.address()
                async let first = Lockstep.run(
                    ["worker", "--coordinator", address, "--data", "idx:\(right.path)"], in: folder.path)
                try await coordinator.line(containing: "worker 0 (host")
                let refused = try await Lockstep.run(
                    ["worker", "--coordinator", address, "--data", "idx:\(other.path)"], in: folder.path)
                #expect(refused.code == 1)
                let pattern = /the data differs: this worker has ([0-9a-f+]{129}), the run has ([0-9a-f+]{129})/
                let told = try #require(refused.errors.firstMatch(of: pattern))
                #expect(told.1 != told.2)
                try await coordinator.line(
                    containing: "the data differs: this worker has \(told.1), the run has \(told.2)")
                // The place is free again for a worker that has the right data.
                let second = try await Lockstep.run(
                    ["worker", "--coordinator", address, "--data", "idx:\(right.path)"], in: folder.path)
                #expect(second.code == 0)
                #expect(try await first.code == 0)
            }
            #expect(outcome.code == 0)
        }

        @Test func aWorkerThatDoesNotSayWhereItsDataAreIsToldTo() async throws {
            let data = TemporaryFolder()
            try Images.write(seed: 1, to: data.path)
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1", "--data", "idx:\(data.path)", "--model", "mlp:12-4-3"],
                in: folder.path
            ) { coordinator in
                let worker = try await Lockstep.run(
                    ["worker", "--coordinator", coordinator.address()], in: folder.path)
                #expect(worker.code == 1)
                #expect(worker.errors.contains("say where this host keeps them: --data idx:FOLDER"))
                // The coordinator is told, too, and waits for another.
                try await coordinator.line(containing: "say where this host keeps them: --data idx:FOLDER")
                let told = try await Lockstep.run(
                    ["worker", "--coordinator", coordinator.address(), "--data", "idx:\(data.path)"], in: folder.path)
                #expect(told.code == 0, "\(told.errors)")
            }
            #expect(outcome.code == 0, "\(outcome.errors)")
        }

        @Test func aWorkerMoreThanWantedIsRefused() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1", "--json"] + Jobs.endless, in: folder.path
            ) { coordinator in
                let address = try await coordinator.address()
                async let first = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                try await coordinator.step(1)
                let second = try await Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                #expect(second.code == 1)
                #expect(second.errors.contains("the run has all its 1 workers; start it with a larger --max-workers"))
                try await coordinator.line(containing: "refused a worker on \(hostName)")
                coordinator.signal(SIGINT)
                #expect(try await first.code == 0)
            }
            #expect(outcome.code == 130)
        }

        @Test func aWorkerWhoseCoordinatorIsKilledWaitsForItAndInTheEndSaysSo() async throws {
            try await Lockstep.run(["coordinator", "--workers", "1", "--json"] + Jobs.endless, in: folder.path) {
                coordinator in
                let address = try await coordinator.address()
                async let worker = Lockstep.run(
                    ["worker", "--coordinator", address, "--wait", "1"], in: folder.path)
                try await coordinator.step(1)
                coordinator.signal(SIGKILL)
                let outcome = try await worker
                #expect(outcome.code == 1)
                #expect(outcome.errors.contains("lost the coordinator at \(address): the connection to it was lost"))
                #expect(
                    outcome.errors.contains("the coordinator at \(address) was lost and has not come back within 1."))
            }
        }

        @Test func aWorkerThatIsInterruptedIsNamedAndAnotherMayTakeItsPlace() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1", "--json"] + Jobs.endless, in: folder.path
            ) { coordinator in
                let address = try await coordinator.address()
                try await Lockstep.run(["worker", "--coordinator", address], in: folder.path) { worker in
                    try await coordinator.step(1)
                    worker.signal(SIGINT)
                }
                try await coordinator.line(containing: "left the run: it was interrupted at step ")
                try await coordinator.line(containing: "No worker is left; waiting for others")
                coordinator.signal(SIGINT)
            }
            #expect(outcome.code == 130)
            #expect(outcome.errors.contains("interrupted while no worker was there"))
        }

        @Test func aPortInUseIsNamed() async throws {
            try await Lockstep.run(["coordinator", "--json"] + Jobs.tiny, in: folder.path) { first in
                let address = try await first.address()
                let second = try await Lockstep.run(["coordinator", "--bind", address] + Jobs.tiny, in: folder.path)
                #expect(second.code == 1)
                #expect(second.errors.contains("\(address) is in use: another process listens there"))
                first.signal(SIGINT)
            }
        }

        @Test(arguments: [
            (["coordinator", "--bind", "tcp://no.such.host.invalid:0"], "tcp://no.such.host.invalid:0 has no address"),
            (
                ["coordinator", "--bind", "tcp://192.0.2.1:0", "--insecure"],
                "tcp://192.0.2.1:0 is not an address of this host"
            ),
            (["coordinator", "--bind", "10.0.0.1"], "\"10.0.0.1\" is not an endpoint: expected tcp://host:port"),
            (
                ["worker", "--coordinator", "tcp://no.such.host.invalid:9"],
                "tcp://no.such.host.invalid:9 has no address"
            ),
            (["worker", "--coordinator", "tcp://127.0.0.1:0"], "expected the port that the coordinator prints, not 0"),
            (["worker", "--coordinator", "tcp://0.0.0.0:9"], "is no single host"),
            (["worker", "--coordinator", "in-process://x"], "expected tcp://HOST:PORT or ipc://PATH"),
        ])
        func anAddressThatCannotBeUsedIsNamed(arguments: [String], message: String) async throws {
            let outcome = try await Lockstep.run(arguments, in: folder.path)
            #expect(outcome.code != 0)
            #expect(outcome.errors.contains(message))
            #expect(TemporaryFolder.names(in: folder.path) == [])
        }
    }
}
