/// What is measured.
enum Part: String, CaseIterable {
    /// Steps of a single process.
    case workloads
    /// Steps of one process and of two workers.
    case step
    /// Sums of gradients.
    case allreduce
    /// From the start of a command to the end of the first step.
    case firstStep = "first-step"
    /// Steps over parameters, samples and workers.
    case scaling

    /// Models whose steps are timed on one process and on two: from one that computes for long to one that hardly does.
    static let jobs = [
        (name: "1024×4, batch 512, Adam", model: "mlp:1024-1024-1024-1024-10", batch: 512, optimizer: "adam"),
        (name: "784-512-512-10, batch 128, Adam", model: "mlp:784-512-512-10", batch: 128, optimizer: "adam"),
        (name: "784-64-10, batch 64, Adam", model: "mlp:784-64-10", batch: 64, optimizer: "adam"),
    ]

    /// Measures once, each of Lockstep's figures and then PyTorch's.
    func measure(_ programs: Programs, seconds: Double, isQuick: Bool, into results: inout Results) async throws {
        switch self {
        case .workloads: try await measureWorkloads(programs, seconds: seconds, into: &results)
        case .step:
            for job in Part.jobs {
                for workers in [1, 2] {
                    try await measure(job, workers: workers, programs, seconds: seconds, into: &results)
                }
            }
        case .allreduce:
            for peers in [2, 4] { try await measureSums(peers, programs, isQuick: isQuick, into: &results) }
        case .firstStep: try await measureStart(programs, into: &results)
        case .scaling: try await results.scaling.measure(programs, seconds: seconds, isQuick: isQuick)
        }
    }

    private func measure(
        _ job: (name: String, model: String, batch: Int, optimizer: String), workers: Int, _ programs: Programs,
        seconds: Double, into results: inout Results
    ) async throws {
        // One microbatch a worker: the least that the sum of so many needs, and what PyTorch does.
        let own = try await programs.steps(
            model: job.model, batch: job.batch, optimizer: job.optimizer, microbatches: workers,
            workers: workers == 1 ? 0 : workers, ["--seconds", "\(seconds)"])
        for line in own { results.add(line, subject: .lockstep, part: self, job: job.name, workers: workers) }
        let theirs = try await programs.peer(
            [Part.script, "step", "\(job.model)/\(job.batch)/\(job.optimizer)", "\(workers)", "\(seconds)"])
        for line in theirs { results.add(line, subject: .pytorch, part: self, job: job.name, workers: workers) }
    }

    private func measureSums(
        _ peers: Int, _ programs: Programs, isQuick: Bool, into results: inout Results
    ) async throws {
        let sizes = [4 << 10, 64 << 10, 1 << 20, 16 << 20, 64 << 20].map(String.init).joined(separator: ",")
        for transport in isQuick ? ["ipc"] : ["ipc", "tcp"] {
            let lines = try await Programs.lines(
                of: programs.lockstep,
                ["bench", "allreduce", "--workers", "\(peers)", "--bytes", sizes, "--transport", transport, "--json"])
            for line in lines {
                let subject = line.peer == "sockets" ? Subject.sockets : .lockstep
                results.add(
                    line, subject: subject, part: self, job: "\(line.bytes ?? 0) over \(transport)", workers: peers)
            }
        }
        for line in try await programs.peer([Part.script, "allreduce", "\(peers)", sizes]) {
            results.add(line, subject: .pytorch, part: self, job: "\(line.bytes ?? 0)", workers: peers)
        }
    }

    private func measureStart(_ programs: Programs, into results: inout Results) async throws {
        let job = Part.jobs[2]
        let own = try await programs.steps(
            model: job.model, batch: job.batch, optimizer: "adam", microbatches: 2, workers: 2,
            ["--warm-up", "0", "--steps", "1"])
        for line in own {
            results.add(seconds: line.untilFirstStep, subject: .lockstep, part: self, job: job.name)
        }
        let workload = "\(job.model)/\(job.batch)/\(job.optimizer)"
        for line in try await programs.peer([Part.script, "first-step", workload, "2"]) {
            results.add(seconds: line.untilFirstStep, subject: .pytorch, part: self, job: job.name)
        }
    }

    private func measureWorkloads(_ programs: Programs, seconds: Double, into results: inout Results) async throws {
        guard let workloads = programs.workloads else {
            print("  skipped: the program `workloads` is not built")
            return
        }
        let options = ["--threads", "1", "--seconds", "\(seconds)"]
        for line in try await Programs.lines(of: workloads, options) {
            guard let name = line.workload else { continue }
            results.add(line, subject: .lockstep, part: self, job: name, workers: 1)
            for theirs in try await programs.peer([Part.workloadScript, "--only", name] + options) {
                results.add(theirs, subject: .pytorch, part: self, job: name, workers: 1)
            }
        }
    }

    private static let script = "Benchmarks/peers/pytorch.py"
    private static let workloadScript = "Benchmarks/peers/workloads.py"
}
