internal import ArgumentParser
internal import LockstepCluster
internal import LockstepTensor

/// `lockstep bench`: how fast this machine or cluster is at what training does.
struct BenchCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "bench",
            abstract: "Measure how fast this machine or cluster trains, or sums gradients.",
            discussion: """
                Nothing is kept of what is computed. Figures of one run on a machine that does nothing else may be compared; \
                others drift.


                """
                    + JobCatalog.examples(
                        "bench allreduce --workers 4",
                        "bench step --model mlp:784-512-512-10 --workers 2",
                        "bench step --model mlp:784-512-512-10 --single-process"),
            subcommands: [
                BenchAllReduceCommand.self, BenchPeerCommand.self, BenchStepCommand.self,
                BenchMachineCommand.self, BenchRoundsCommand.self,
            ])
    }
}

/// `lockstep bench machine`: what multiplies matrices here, for the record of a measurement.
struct BenchMachineCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "machine", abstract: "Say what multiplies matrices here.")
    }

    func run() { print(BLAS.arithmetic) }
}

/// `lockstep bench rounds`: all-reduces on one thread, for scripts/check-instructions.sh, which counts what they take.
struct BenchRoundsCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "rounds", abstract: "Sum gradients of three workers on one thread.", shouldDisplay: false)
    }

    @Option(help: "How many sums.")
    var rounds = 100
    @Option(help: "The elements of the gradient.")
    var elements = 10_000
    @Option(help: "Bytes of a bucket.")
    var bucketBytes = 16_384

    func validate() throws {
        guard rounds >= 1, (1...100_000_000).contains(elements), bucketBytes >= 4 else {
            throw ValidationError("expected at least 1 round, 1 to 100000000 elements and buckets of at least 4 bytes")
        }
    }

    func run() throws { print(try ExchangeRounds.run(rounds, count: elements, bucketBytes: bucketBytes)) }
}
