import BenchmarkRunner
import Glibc
import TestSupport
import Testing

/// The programs that are measured.
@Suite struct ProgramsTests {
    private let folder = TemporaryFolder()

    /// Programs whose Python is a script that fails so many times, and then prints a figure.
    private func programs(failing times: Int) throws -> Programs {
        let path = "\(folder.path)/python"
        let script = """
            #!/bin/sh
            cd '\(folder.path)'
            echo . >>tried
            [ $(wc -l <tried) -gt \(times) ] || { echo 'terminate called' >&2; exit 134; }
            echo 'not a figure'
            echo '{"bytes":7,"first_step_at":4000000000}'
            """
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o700)
        defer { close(descriptor) }
        try #require(write(descriptor, script, script.utf8.count) == script.utf8.count)
        return Programs(lockstep: "none", workloads: nil, python: path)
    }

    @Test func aPeerThatFailsHasASecondChance() async throws {
        let lines = try await programs(failing: 1).peer(["allreduce"])
        #expect(lines.map(\.bytes) == [7])
        // It was started in this century, and claims to have been done in the next.
        #expect(lines[0].untilFirstStep > 1e9 && lines[0].untilFirstStep < 3e9)
    }

    @Test func aPeerThatFailsTwiceEndsTheMeasuring() async throws {
        let programs = try programs(failing: 2)
        let error = try #require(await #expect(throws: Failure.self) { try await programs.peer(["allreduce"]) })
        #expect(error.description.contains("python allreduce: terminate called"))
    }

    @Test func withoutAPeerThereIsNothing() async throws {
        #expect(try await Programs(lockstep: "none", workloads: nil, python: nil).peer(["allreduce"]).isEmpty)
    }
}
