// Measures Lockstep on this machine and, where there is a Python with PyTorch, the same work by PyTorch next to it: `make bench`.
import ArgumentParser
import Glibc

/// Runs the benchmarks, prints what they come to, and writes it to files.
@main struct Benchmark: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "bench",
            abstract: "Measure Lockstep here, next to PyTorch where there is one.",
            discussion: """
                Each figure is the median of several rounds. In a round everything is measured in turn, so that what else \
                the machine does touches all alike. PyTorch is that of the Python which LOCKSTEP_PYTHON names, or of python3.
                """)
    }

    @Flag(help: "Two minutes: one round of short measurements.")
    var quick = false
    @Option(help: "How many rounds. (default: 5, and 1 with --quick)")
    var rounds: Int?
    @Option(help: "Which parts: workloads, step, allreduce, first-step, scaling; all by default.")
    var only: String?
    @Option(help: "The folder that the results are written into.")
    var output = "Benchmarks/results"

    func run() async throws {
        let parts = only?.split(separator: ",").map(String.init) ?? Part.allCases.map(\.rawValue)
        let chosen = try parts.map { name in
            guard let part = Part(rawValue: name) else {
                throw ValidationError(
                    "--only has \(name); expected \(Part.allCases.map(\.rawValue).joined(separator: ","))")
            }
            return part
        }
        guard (1...1000).contains(rounds ?? 1) else {
            throw ValidationError("--rounds is \(rounds ?? 1); expected 1 to 1000")
        }
        let programs = await Programs.find()
        let machine = await Machine.describe(programs)
        print(machine.text)
        if programs.python == nil {
            print("No Python with PyTorch was found (LOCKSTEP_PYTHON names one): Lockstep alone is measured.")
        }
        var results = Results()
        let count = rounds ?? (quick ? 1 : 5)
        for round in 1...count {
            for part in chosen {
                print("round \(round) of \(count): \(part.rawValue)")
                // Read as it comes, in a file too.
                fflush(nil)
                try await part.measure(programs, seconds: quick ? 1 : 3, isQuick: quick, into: &results)
            }
        }
        let report = Report(machine: machine, results: results, rounds: count)
        print("\n" + report.markdown)
        print("written to \(try report.write(in: output))")
    }
}
