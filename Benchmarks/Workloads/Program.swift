import ArgumentParser
import Glibc
import LockstepTensor

/// Training steps a second of a single process, one JSON line a workload.
///
/// The names and the meaning of the fields are those of the scripts that measure other trainers, so that lines can be compared.
@main
struct Program: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workloads", abstract: "Measures training steps of a single process, one JSON line a workload.")

    @Option(help: "Threads that a matrix product may use.")
    var threads = 1

    @Option(help: ArgumentHelp("Workloads to run, all unless given.", valueName: "a,b,…"))
    var only: String?

    @Option(help: "How long each is measured, after ten steps to warm up.")
    var seconds = 3.0

    @Flag(help: "Count the processor's time instead of the wall's, on a machine that others use too.")
    var cpuTime = false

    @Option(help: "Do this many steps instead, for a profiler that counts.")
    var steps: Int?

    func validate() throws {
        let known = Workload.all.map(\.name)
        for name in names where !known.contains(name) {
            throw ValidationError("there is no workload '\(name)'; there are \(known.joined(separator: ", "))")
        }
        if threads < 1 { throw ValidationError("--threads is \(threads), but must be at least 1") }
        if !(seconds > 0) { throw ValidationError("--seconds is \(seconds), but must be more than 0") }
    }

    func run() {
        BLAS.threads = threads
        for workload in Workload.all where names.isEmpty || names.contains(workload.name) { measure(workload) }
    }

    private var names: [String] { only?.split(separator: ",").map(String.init) ?? [] }

    private func measure(_ workload: Workload) {
        BlockPool.trim()
        PeakMemory.reset()
        manualSeed(0)
        let step = workload.prepare()
        for _ in 0..<10 { step() }
        let blocks = BlockPool.statistics.systemAllocations
        let start = now
        var count = 0
        while steps.map({ count < $0 }) ?? (now - start < seconds) {
            step()
            count += 1
        }
        let took = now - start
        let taken = Double(BlockPool.statistics.systemAllocations - blocks) / Double(max(count, 1))
        let rate = Double(count) / took
        print(
            "{\"peer\": \"lockstep\", \"workload\": \"\(workload.name)\", \"threads\": \(threads), "
                + "\"steps_per_s\": \(rounded(rate, 2)), \"samples_per_s\": \(rounded(rate * Double(workload.samples), 1)), "
                + "\"peak_rss_mb\": \(rounded(PeakMemory.megabytes, 1)), \"system_blocks_per_step\": \(rounded(taken, 4))}"
        )
        fflush(nil)
    }

    /// Seconds since some moment.
    private var now: Double {
        var time = timespec()
        clock_gettime(cpuTime ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }

    private func rounded(_ value: Double, _ digits: Int) -> Double {
        let scale = pow(10, Double(digits))
        return (value * scale).rounded() / scale
    }
}
