import Glibc
import LockstepFormats
import Testing

extension CommandTests {
    /// What `lockstep ledger` says of a run.
    @Suite struct Ledgers {
        private let folder = TemporaryFolder()

        private func run(_ options: [String]) async throws -> String {
            let outcome = try await Lockstep.run(["train", "--json"] + options + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try #require(outcome.event("finished").run)
        }

        @Test(arguments: [["--single-process"], ["--workers", "3"]])
        func sayThatEachSampleWasUsedOnceAndByWhom(mode: [String]) async throws {
            let path = try await run(mode)
            let table = try await Lockstep.run(["ledger", path], in: folder.path)
            #expect(table.code == 0, "\(table.errors)")
            let workers = mode.count == 1 ? 1 : 3
            let row = table.lines[1].split(separator: " ").map(String.init)
            #expect(row == ["1", "600", "600", "0", "0", "0", "10", "\(workers)"])
            #expect(table.lines.count { $0.contains(hostName) } == workers)
            #expect(table.lines.last == "each sample of each epoch was used exactly once")

            let samples = try await Lockstep.run(["ledger", path, "--epoch", "1", "--samples"], in: folder.path)
            let columns = samples.lines.map { $0.split(separator: "\t").map(String.init) }
            #expect(columns.compactMap { Int($0[0]) }.sorted() == Array(0..<600))
            #expect(Set(columns.map { $0[1] }) == Set((1...10).map(String.init)))
            #expect(Set(columns.map { $0[4] }).count == workers)
            #expect(columns.allSatisfy { $0[3] == hostName })

            let json = try await Lockstep.run(["ledger", path, "--json"], in: folder.path)
            #expect(json.output.contains(#""used_once":600"#) && json.output.contains(#""problems":[]"#))
        }

        @Test func nameTheLineThatIsWrong() async throws {
            let path = try await run(["--workers", "2"])
            let file = "\(folder.path)/\(path)/ledger.jsonl"
            var lines = try File.read(file).split(separator: UInt8(ascii: "\n")).map(Array.init)
            lines[4] = Array(lines[4].dropLast(9))
            lines.append(lines[8])
            try AtomicFile.write(Array(lines.map { $0 + [UInt8(ascii: "\n")] }.joined()), to: file)
            let outcome = try await Lockstep.run(["ledger", path], in: folder.path)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("line 5 is damaged: it is no step and no epoch of a ledger"))
            #expect(outcome.errors.contains("line 12: step 8 comes behind step 10: it is out of order, or there twice"))
            #expect(outcome.errors.contains("64 samples were used more than once, sample "))
            #expect(outcome.errors.contains("64 samples were not used, the first is sample "))
            #expect(outcome.lines.last == "the ledger is not in order")
        }

        @Test func needARunThatHasOne() async throws {
            let nothing = try await Lockstep.run(["ledger", folder.path], in: folder.path)
            #expect(nothing.code == 1)
            #expect(nothing.errors.contains("is not the folder of a run"))
            let path = try await run(["--single-process"])
            let later = try await Lockstep.run(["ledger", path, "--epoch", "2"], in: folder.path)
            #expect(later.errors.contains("--epoch is 2; the run in \(path) has begun 1 epochs"))
            try TemporaryFolder.removeFile("\(folder.path)/\(path)/ledger.jsonl")
            let gone = try await Lockstep.run(["ledger", path], in: folder.path)
            #expect(gone.code == 1)
            #expect(gone.errors.contains("ledger.jsonl: No such file or directory; a run has a ledger once"))
        }
    }
}
