import FoundationEssentials
import Glibc
import Testing

extension CommandTests {
    /// `lockstep keys`, and what coordinator and workers make of its files.
    @Suite struct Keys {
        private let folder = TemporaryFolder()

        @discardableResult
        private func keys(_ arguments: String...) async throws -> Outcome {
            try await Lockstep.run(["keys"] + arguments, in: folder.path)
        }

        private func mode(_ path: String) -> mode_t {
            var status = stat()
            return stat("\(folder.path)/\(path)", &status) == 0 ? status.st_mode & 0o777 : 0
        }

        @Test func areMadeListedAddedAndRemoved() async throws {
            let made = try await keys("new", "cluster/")
            #expect(made.code == 0)
            #expect(
                made.lines == [
                    "made the coordinator's keys in cluster; use them with: --keys cluster",
                    "all may join; copy its folder to its host: scp -rp cluster/workers/all HOST:keys",
                ])
            #expect(mode("cluster/coordinator.secret") == 0o600)
            #expect(mode("cluster/workers/all/worker.secret") == 0o600)
            #expect(try await keys("add", "cluster", "node2").code == 0)
            let list = try await keys("list", "cluster")
            #expect(list.lines.map { $0.split(separator: " ").map(\.count) } == [[11, 40], [3, 40], [5, 40]])
            #expect(list.lines.map { $0.prefix { $0 != " " } } == ["coordinator", "all", "node2"])
            // No secret is printed.
            let secret = try String(
                decoding: Data(contentsOf: URL(filePath: "\(folder.path)/cluster/coordinator.secret")), as: UTF8.self
            )
            .split(separator: "\n").first { $0.hasPrefix("secret ") }?.dropFirst("secret ".count)
            #expect(secret?.count == 40)
            #expect(!(made.output + list.output).contains(secret ?? ""))
            #expect(try await keys("remove", "cluster", "all").code == 0)
            #expect(try await keys("list", "cluster").lines.count == 2)
            let again = try await keys("new", "cluster")
            #expect(again.code == 1)
            #expect(again.errors.contains("cluster/coordinator.secret is there already, and keys are never replaced"))
            #expect(
                try await keys("remove", "cluster", "all").errors.contains("has no key of the name all; it has node2"))
            #expect(try await keys("add", "elsewhere", "x").errors.contains("make them: keys new elsewhere"))
            #expect(try await keys("add", "cluster", "../x").errors.contains("cannot name a key"))
        }

        @Test func letWorkersInAndKeepOthersOutAlsoOnOneHost() async throws {
            try await keys("new", "cluster", "a", "b", "c")
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "2", "--keys", "cluster", "--json"] + Jobs.tiny, in: folder.path
            ) { [path = folder.path] coordinator in
                let address = try await coordinator.address()
                @Sendable func worker(_ name: String) async throws -> Outcome {
                    try await Lockstep.run(
                        ["worker", "--coordinator", address, "--keys", "cluster/workers/\(name)"], in: path)
                }
                async let first = worker("a")
                try await coordinator.line(containing: "worker 0 (host")
                // Barred while the coordinator runs; its own copy of its key still says who it is.
                rename("\(path)/cluster/workers/c", "\(path)/c")
                try await Lockstep.run(["keys", "remove", "cluster", "c"], in: path)
                let barred = try await Lockstep.run(
                    ["worker", "--coordinator", address, "--keys", "c"], in: path)
                #expect(barred.code == 1)
                #expect(barred.errors.contains("\(address) does not know this side's key"))
                try await coordinator.line(containing: "is not one that may join")
                async let second = worker("b")
                #expect(try await [first.code, second.code] == [0, 0])
            }
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
        }

        @Test func areNamedWithTheCommandThatStartsAWorker() async throws {
            try await keys("new", "cluster")
            for (options, start) in [(["--keys", "cluster"], "--keys FOLDER"), (["--insecure"], "--insecure")] {
                let outcome = try await Lockstep.run(
                    ["coordinator", "--wait", "0.2"] + options + Jobs.tiny, in: folder.path)
                #expect(
                    outcome.errors.firstMatch(of: /start each with: lockstep worker --coordinator tcp:\S+ (.*)/)?.1
                        == start[...])
            }
        }

        @Test func thatOthersCanReadAreRefusedByBothSides() async throws {
            try await keys("new", "cluster")
            chmod("\(folder.path)/cluster/coordinator.secret", 0o644)
            chmod("\(folder.path)/cluster/workers/all/worker.secret", 0o640)
            let coordinator = try await Lockstep.run(["coordinator", "--keys", "cluster"] + Jobs.tiny, in: folder.path)
            #expect(coordinator.code == 1)
            #expect(coordinator.errors.contains("run: chmod 600 'cluster/coordinator.secret'"))
            #expect(TemporaryFolder.names(in: folder.path) == ["cluster"])
            let worker = try await Lockstep.run(
                ["worker", "--coordinator", "tcp://127.0.0.1:1", "--keys", "cluster/workers/all"], in: folder.path)
            #expect(worker.code == 1)
            #expect(worker.errors.contains("run: chmod 600 'cluster/workers/all/worker.secret'"))
        }

        @Test func thatAServiceManagerHandsOverAreTakenWhereItPutsThem() async throws {
            try await keys("new", "cluster")
            mkdir("\(folder.path)/credentials", 0o700)
            rename("\(folder.path)/cluster/coordinator.secret", "\(folder.path)/credentials/coordinator.secret")
            // As systemd hands it over: for the service's user to read, whoever owns it.
            chmod("\(folder.path)/credentials/coordinator.secret", 0o440)
            let outcome = try await Lockstep.run(
                ["coordinator", "--wait", "0.2", "--keys", "cluster"] + Jobs.tiny, in: folder.path,
                environment: ["CREDENTIALS_DIRECTORY": "\(folder.path)/credentials"])
            #expect(outcome.errors.contains("did not join within 0.2 s"))
        }

        @Test func thatAreRemovedPutAConnectedWorkerOutAndKeepItOut() async throws {
            try await keys("new", "cluster", "a", "b")
            let path = folder.path
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "2", "--keys", "cluster", "--json"] + Jobs.endless, in: path
            ) { coordinator in
                let address = try await coordinator.address()
                func worker(_ name: String) async throws -> Outcome {
                    try await Lockstep.run(
                        ["worker", "--coordinator", address, "--keys", "cluster/workers/\(name)"], in: path)
                }
                async let kept = worker("a")
                async let barred = worker("b")
                try await coordinator.step(10)
                try await Lockstep.run(["keys", "remove", "cluster", "b"], in: path)
                let outcome = try await barred
                #expect(outcome.code == 1)
                #expect(outcome.errors.contains("refused this worker: its key "), "\(outcome.errors)")
                #expect(outcome.errors.contains("may no longer join"))
                try await coordinator.line(containing: "may no longer join at step ")
                try await coordinator.line(containing: "1 worker goes on from step ")
                let again = try await worker("b")
                #expect(again.code == 1)
                coordinator.signal(SIGINT)
                #expect(try await kept.code == 0)
            }
            #expect(outcome.code == 130)
        }

        @Test func areOfUseOnlyToWhoCanOpenAConnectionSoFilesMayBeMany() async throws {
            try await Lockstep.run(["coordinator", "--wait", "60"] + Jobs.tiny, in: folder.path) { coordinator in
                _ = try await coordinator.address()
                let limits = String(
                    decoding: try Data(contentsOf: URL(filePath: "/proc/\(coordinator.pid)/limits")), as: UTF8.self)
                let words = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }?.split(
                    separator: " ")
                #expect(words?.count == 6)
                #expect(words?[3] == words?[4])
                coordinator.signal(SIGINT)
            }
        }

        @Test func andNoKeysCannotBothBeAskedFor() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--keys", "cluster", "--insecure"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 64)
            #expect(outcome.errors.contains("--insecure and --keys cannot be given together"))
        }
    }
}
