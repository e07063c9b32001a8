import Glibc
import LockstepLocking
import Testing

/// The jobs that the tests train.
enum Jobs {
    /// Ten steps, each in eight microbatches, so that five workers still have some each.
    static let tiny = [
        "--data", "synthetic", "--limit", "600", "--model", "mlp:784-32-10", "--batch", "64", "--microbatches", "8",
        "--epochs", "1",
    ]

    /// Six hundred steps in four epochs: long enough to be met in the middle, with a state in the optimizer.
    static let middling = [
        "--data", "synthetic", "--limit", "4800", "--model", "mlp:784-32-10", "--batch", "32", "--microbatches", "4",
        "--epochs", "4",
    ]

    /// Six thousand steps in forty epochs: long enough for somebody to join, or to be lost and replaced, on the way.
    static let long = [
        "--data", "synthetic", "--limit", "4800", "--model", "mlp:784-32-10", "--batch", "32", "--microbatches", "4",
        "--epochs", "40",
    ]

    /// More steps than anybody waits for.
    static let endless = [
        "--data", "synthetic", "--limit", "6400", "--model", "mlp:784-32-10", "--batch", "32", "--microbatches", "4",
        "--epochs", "100000",
    ]

    /// The digest that a job ends with in a single process that nothing disturbs, computed once.
    static func digest(of job: [String]) async throws -> String {
        if let known = digests.withLock({ $0[job] }) { return known }
        let folder = TemporaryFolder()
        let digest = try await Lockstep.run(["train", "--single-process", "--json"] + job, in: folder.path).digest()
        digests.withLock { $0[job] = digest }
        return digest
    }

    private static let digests = Locked<[[String]: String]>([:])
}

extension Outcome {
    /// Expects that a run of ``Jobs/endless`` in `folder` was stopped, and that its checkpoint is that of a single process after as many
    /// steps.
    func expectStopLikeASingleProcess(in folder: String) async throws {
        #expect(code == 130, "\(transcript.text)")
        let stop = try event("stopped")
        let alone = TemporaryFolder()
        let step = try #require(stop.step)
        let single = try await Lockstep.run(
            // It goes on past the step before it can be stopped, so that one may not be removed for newer ones.
            ["train", "--single-process", "--json", "--checkpoint-every", "\(step)", "--keep", "1000000"]
                + Jobs.endless,
            in: alone.path
        ) { command in
            try await command.line(containing: "checkpoint-")
            command.signal(SIGINT)
        }
        let expected = try #require(single.events.first { $0.event == "checkpoint" }?.path)
        let found = try #require(stop.checkpoint)
        let mine = try await Lockstep.run(["evaluate", "\(folder)/\(found)"], in: folder)
        let other = try await Lockstep.run(["evaluate", "\(alone.path)/\(expected)"], in: folder)
        #expect(mine.code == 0 && other.code == 0, "\(mine.errors)\(other.errors)")
        let digest = mine.lines.first { $0.hasPrefix("sha256") }
        #expect(digest != nil && digest == other.lines.first { $0.hasPrefix("sha256") })
    }
}
