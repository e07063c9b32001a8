import LockstepFormats
import Testing

/// `lockstep plot`: pictures of what runs have recorded.
@Suite(.timeLimit(.minutes(2))) struct PlotTests {
    let folder = TemporaryFolder()

    /// Trains two small runs into `runs`, and gives their folders.
    func train() async throws -> [String] {
        for seed in ["1", "2"] {
            try await Lockstep.run(["train", "--single-process", "--seed", seed] + Jobs.tiny, in: folder.path)
        }
        return TemporaryFolder.names(in: "\(folder.path)/runs").map { "runs/\($0)" }
    }

    func text(_ file: String) throws -> String {
        String(decoding: try File.read("\(folder.path)/\(file)"), as: UTF8.self)
    }

    @Test func lossAndAccuracyAreDrawn() async throws {
        let runs = try await train()
        #expect(runs.count == 2)
        var outcome = try await Lockstep.run(["plot", runs[0]], in: folder.path)
        #expect(outcome.code == 0 && outcome.output == "plot        loss.svg", "\(outcome.errors)")
        var svg = try text("loss.svg")
        for label in ["training loss", "test loss", "test accuracy", "step", String(runs[0].dropFirst(5))] {
            #expect(svg.contains(">\(label)</text>"), "\(label)")
        }

        outcome = try await Lockstep.run(["plot", "--log", "-o", "two.svg"] + runs, in: folder.path)
        #expect(outcome.code == 0, "\(outcome.errors)")
        svg = try text("two.svg")
        for run in runs { #expect(svg.contains(">\(run.dropFirst(5)), training loss</text>")) }

        outcome = try await Lockstep.run(["plot", runs[0], "--output", "loss.png"], in: folder.path)
        #expect(try File.read("\(folder.path)/loss.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }

    @Test func whatCannotBeDrawnIsNamed() async throws {
        func errors(_ arguments: String..., path: String? = nil) async throws -> String {
            let environment = path.map { ["PATH": $0] } ?? [:]
            let outcome = try await Lockstep.run(["plot"] + arguments, in: folder.path, environment: environment)
            #expect(outcome.code == 1 || outcome.code == 64)
            return outcome.errors
        }
        #expect(try await errors("nothing").contains("nothing is not the folder of a run that has begun"))

        let line = #"{"epoch":1,"kind":"step","loss":2.5,"samples":64,"step":1}"# + "\n"
        try AtomicFile.write(Array(line.utf8), to: "\(folder.path)/metrics.jsonl")
        #expect(try await errors(".", "-o", "loss.gif").contains("loss.gif: names no format for a picture"))
        #expect(try await errors(".", path: "/nowhere").contains("apt-get install gnuplot-nox"))

        // A line that was cut short by a crash is no step; one that is not of a run is named.
        try AtomicFile.write(Array("{\"kind\":\"st".utf8), to: "\(folder.path)/metrics.jsonl")
        #expect(try await errors(".").contains(". has no step to draw"))
        try AtomicFile.write(Array((line + "{}\n").utf8), to: "\(folder.path)/metrics.jsonl")
        #expect(try await errors(".").contains("./metrics.jsonl, line 2: no step and no test of a run"))
    }
}
