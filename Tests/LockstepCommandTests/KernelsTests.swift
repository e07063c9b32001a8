import Glibc
import LockstepTensor
import Testing

extension CommandTests {
    /// Workers whose processors are of different kinds, as far as OpenBLAS can tell.
    @Suite(
        .enabled("needs a processor that can run the kernels of Haswell") {
            ProcessorKind("Haswell")?.missingInstructions == []
        })
    struct KernelKinds {
        private let folder = TemporaryFolder()
        private static let kinds = [
            ["OPENBLAS_CORETYPE": "Haswell", "LOCKSTEP_PRODUCTS": "openblas"],
            ["OPENBLAS_CORETYPE": "Nehalem", "LOCKSTEP_PRODUCTS": "openblas"],
        ]

        /// The digest of a single process with the kernels of Haswell, whatever it starts with.
        private func haswell(_ options: [String], in environment: [String: String]) async throws -> String {
            try await Lockstep.run(
                ["train", "--single-process", "--json"] + options + Jobs.tiny, in: folder.path, environment: environment
            ).digest()
        }

        @Test func differentKindsAreToldOfWithTheKernelsThatAllCanRun() async throws {
            let cluster = try await Cluster.train(
                Jobs.tiny, workers: 2, in: folder.path, environment: { KernelKinds.kinds[$0] })
            #expect(cluster.coordinator.code == 0)
            let warning = try #require(cluster.coordinator.events.first { $0.event == "warning" }?.text)
            #expect(warning.contains("has another processor kind") && warning.contains("than the first worker"))
            #expect(warning.contains("Haswell with OpenBLAS") && warning.contains("Nehalem with OpenBLAS"))
            #expect(warning.contains("start a new run with --kernels nehalem, which all can run"))
            let run = try #require(cluster.coordinator.event("finished").run)
            let status = try await Lockstep.run(["status", run], in: folder.path)
            let line = try #require(status.lines.first { $0.hasPrefix("computed    on ") })
            #expect(line.contains("Haswell with OpenBLAS") && line.contains(", then ") && line.contains("Nehalem with"))
            #expect(line.hasSuffix("; 1 thread a worker, 8 microbatches"))
        }

        @Test func allTakeTheKernelsThatTheRunAsksFor() async throws {
            let cluster = try await Cluster.train(
                Jobs.tiny + ["--kernels", "haswell"], workers: 2, in: folder.path,
                environment: { KernelKinds.kinds[$0] })
            #expect(cluster.coordinator.code == 0, "\(cluster.coordinator.transcript.text)")
            #expect(cluster.workers.map(\.code) == [0, 0])
            #expect(!cluster.coordinator.events.contains { $0.event == "warning" }, "\(cluster.coordinator.output)")
            // The one that had others has started again, as the same process.
            let again = try #require(
                cluster.coordinator.output.firstMatch(
                    of: /process (\d+)\) is gone, it left the run: it starts again with the kernels of Haswell/))
            #expect(
                cluster.coordinator.output.matches(of: /process (\d+)\) joined/).filter { $0.1 == again.1 }.count == 2)
            let digest = try cluster.coordinator.digest()
            #expect(try await haswell(["--kernels", "haswell"], in: KernelKinds.kinds[1]) == digest)
            #expect(try await haswell([], in: KernelKinds.kinds[0]) == digest)
            let local = try await Lockstep.run(
                ["train", "--workers", "2", "--kernels", "Haswell", "--json"] + Jobs.tiny, in: folder.path,
                environment: KernelKinds.kinds[1])
            #expect(try local.digest() == digest)
            // So does a run that is resumed, without being told again.
            let run = try #require(local.event("finished").run)
            let resumed = try await Lockstep.run(
                ["train", "--resume", run, "--json"], in: folder.path, environment: KernelKinds.kinds[1])
            #expect(try resumed.digest() == digest)
            #expect(!resumed.events.contains { $0.event == "warning" }, "\(resumed.output)")
        }

        @Test func aWorkerThatStartedAgainIsStillInterrupted() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1", "--kernels", "haswell", "--json"] + Jobs.endless, in: folder.path
            ) { coordinator in
                let address = try await coordinator.address()
                let worker = try await Lockstep.run(
                    ["worker", "--coordinator", address], in: folder.path, environment: KernelKinds.kinds[1]
                ) { worker in
                    try await coordinator.line(containing: "it starts again with the kernels of Haswell")
                    try await coordinator.step(1)
                    worker.signal(SIGTERM)
                }
                #expect(worker.errors.contains("interrupted"), "\(worker.transcript.text)")
                try await coordinator.line(containing: "left the run: it was interrupted at step ")
                coordinator.signal(SIGINT)
            }
            #expect(outcome.code == 130)
        }

        @Test func aRunThatIsResumedOnAnotherKindSaysSo() async throws {
            let job = Jobs.tiny + ["--json"]
            let first = try await Lockstep.run(
                ["train", "--single-process"] + job, in: folder.path, environment: KernelKinds.kinds[0])
            let run = try #require(first.event("finished").run)
            for mode in [["--single-process"], ["--workers", "1"]] {
                let kind = mode.count == 1 ? 1 : 0
                let resumed = try await Lockstep.run(
                    ["train", "--resume", run, "--json"] + mode, in: folder.path, environment: KernelKinds.kinds[kind])
                let warning = try #require(resumed.events.first { $0.event == "warning" }?.text, "\(resumed.output)")
                #expect(warning.contains("than the run was computed on so far"))
                #expect(warning.contains("Haswell with OpenBLAS") && warning.contains("Nehalem with OpenBLAS"))
            }
        }

        @Test func kernelsThatTheProcessorCannotRunAreRefused() async throws {
            let kind = try #require(ProcessorKind.all.last)
            let missing = kind.missingInstructions
            if missing.isEmpty { return }
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--kernels", kind.name] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 1)
            #expect(
                outcome.errors.contains(
                    "--kernels is \(kind.name), whose kernels need instructions that this processor"))
            #expect(outcome.errors.contains("does not have: \(missing.joined(separator: ", "))"))
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
        }
    }
}
