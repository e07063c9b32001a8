internal import Glibc
internal import LockstepCluster
internal import LockstepOptim
internal import LockstepTraining
internal import LockstepTransport

/// Times the steps of a run and stops it when it has enough.
///
/// Steps are timed by when the run's record hears of them. Those on either side of a test are not counted.
final class StepTimer: RunObserver {
    private let warmUp: Int
    private let steps: Int?
    private let seconds: Double
    private let start: ContinuousClock.Instant
    private let clock = ContinuousClock()
    private var stop: @Sendable () -> Void = {}
    private var workers: LocalWorkers?
    private var traffic: Traffic?
    /// The coordinator's traffic when the first step that counts had ended, and when the last had: of one step fewer.
    private var trafficBefore = Traffic.Counts()
    private var trafficAfter = Traffic.Counts()

    private var run: RunOverview?
    private var firstStep: (after: Double, at: Double)?
    private var seen = 0
    private var last: ContinuousClock.Instant?
    private var taken: [Double] = []
    private var samples = 0
    private var compute = 0.0
    private var communicate = 0.0
    private var bytes = 0
    private var total = 0.0
    private var isDone = false
    /// The most memory that each process has had.
    private var memory: [Int] = []
    /// The page faults of all processes when the first step that counts had ended, and when the last had. A process that has ended
    /// meanwhile is among the former alone.
    private var faultsBefore = 0
    private var faultsAfter = 0

    /// A timer of `steps` steps, or of as many as `seconds` allow, after `warmUp` others. `start` is when the command began.
    init(warmUp: Int, steps: Int?, seconds: Double, start: ContinuousClock.Instant) {
        self.warmUp = warmUp
        self.steps = steps
        self.seconds = seconds
        self.start = start
    }

    /// The run is about to begin: `stop` ends it.
    func begin(stop: @escaping @Sendable () -> Void, workers: LocalWorkers?, traffic: Traffic? = nil) {
        self.traffic = traffic
        self.stop = stop
        self.workers = workers
    }

    func handle(_ event: RunEvent) {
        switch event {
        case .started(let run): self.run = run
        case .step(let record): add(record, at: clock.now)
        case .tested: last = nil
        case .warning(let text): Terminal.complain("warning: \(text)")
        case .checkpoint, .note, .finished, .stopped: break
        }
    }

    private func add(_ record: StepRecord, at now: ContinuousClock.Instant) {
        seen += 1
        if firstStep == nil {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            firstStep = (start.duration(to: now).seconds, Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
        }
        defer { last = now }
        guard seen > warmUp, let last, !isDone else { return }
        if taken.isEmpty {
            if let traffic { trafficBefore = traffic.counts }
            faultsBefore = processes.compactMap(\.pageFaults).reduce(0, +)
        }
        let time = last.duration(to: now).seconds
        taken.append(time)
        total += time
        samples += record.samples
        compute += record.computeSeconds
        communicate += record.communicateSeconds
        bytes += record.bytesSent
        guard steps.map({ taken.count >= $0 }) ?? (total >= seconds) else { return }
        isDone = true
        if let traffic { trafficAfter = traffic.counts }
        // Before the state at the end is sent and written, which needs memory of its own.
        memory = processes.compactMap(\.peakBytes)
        faultsAfter = processes.compactMap(\.pageFaults).reduce(0, +)
        stop()
    }

    /// The processes that train: the workers, or this one.
    private var processes: [ProcessMemory] {
        workers?.processes.map { ProcessMemory(ofProcess: $0) } ?? [ProcessMemory()]
    }

    /// What the steps came to; nil where none was timed.
    func figures(workers count: Int, transport: TrainCommand.TransportKind) -> StepFigures? {
        guard let run, let firstStep, !taken.isEmpty else { return nil }
        let steps = Double(taken.count)
        return StepFigures(
            model: run.settings.model, data: run.settings.data, batch: run.settings.batch,
            microbatches: run.settings.microbatches, optimizer: run.settings.optimizer.name, workers: count,
            transport: count == 0 ? "none" : transport.rawValue, parameters: run.parameters, steps: taken.count,
            stepsPerS: steps / total, samplesPerS: Double(samples) / total, stepS: total / steps,
            computeS: compute / steps, communicateS: communicate / steps,
            waitS: max(0, total - compute - communicate) / steps, bytesPerStep: Int(Double(bytes) / steps),
            firstStepS: firstStep.after, firstStepAt: firstStep.at, peakBytes: memory.max() ?? 0,
            pageFaultsPerStep: Double(max(0, faultsAfter - faultsBefore)) / max(steps - 1, 1),
            coordinator: CoordinatorTraffic(trafficAfter - trafficBefore, steps: taken.count - 1))
    }
}

/// What goes in and out of the coordinator in a step, on average. No gradient is among it.
struct CoordinatorTraffic: Encodable {
    var messagesIn: Double
    var bytesIn: Double
    var messagesOut: Double
    var bytesOut: Double

    init(_ counts: Traffic.Counts, steps: Int) {
        let steps = Double(max(steps, 1))
        messagesIn = Double(counts.receivedMessages) / steps
        bytesIn = Double(counts.receivedBytes) / steps
        messagesOut = Double(counts.sentMessages) / steps
        bytesOut = Double(counts.sentBytes) / steps
    }
}

/// What the steps of a run came to.
struct StepFigures: Encodable {
    var event = "step"
    var peer = "lockstep"
    var model: String
    var data: String
    var batch: Int
    var microbatches: Int
    var optimizer: String
    /// 0 for a single process.
    var workers: Int
    var transport: String
    var parameters: Int
    var steps: Int
    var stepsPerS: Double
    var samplesPerS: Double
    /// The mean of a step by the wall clock, and of it: forward, backward and update; the all-reduce after backward; and the
    /// rest, which is waiting for orders, and whatever else the machine did.
    var stepS: Double
    var computeS: Double
    var communicateS: Double
    var waitS: Double
    /// Bytes of gradients that a worker sends to the others.
    var bytesPerStep: Int
    /// From the start of the command to the end of the first step.
    var firstStepS: Double
    /// When the first step ended, in seconds since 1970, for whoever started the command.
    var firstStepAt: Double
    /// The most memory that a worker has had, in bytes.
    var peakBytes: Int
    /// Pages that all of them together were given by the system: next to none, as memory is used again and again.
    var pageFaultsPerStep: Double
    /// Of a run whose workers are processes; zeros otherwise.
    var coordinator: CoordinatorTraffic

    /// The figures for people.
    var lines: [String] {
        let kind = workers == 0 ? "a single process" : "\(workers) worker\(workers == 1 ? "" : "s") over \(transport)"
        func share(_ part: Double) -> String { "\(BenchWording.time(part)) (\(Wording.percent(part / stepS)))" }
        return [
            "model       \(model), \(Wording.grouped(parameters)) parameters, \(optimizer)",
            "batch       \(batch) samples in \(microbatches) microbatches",
            "trained by  \(kind)",
            "steps       \(Wording.grouped(steps)) timed: \(Wording.fixed(stepsPerS, 2)) a second, "
                + "\(Wording.grouped(Int(samplesPerS.rounded()))) samples/s",
            "a step      \(BenchWording.time(stepS))",
            "  computing \(share(computeS))",
            "  all-reduce after backward \(share(communicateS))",
            "  waiting   \(share(waitS))",
            "sent        \(Wording.grouped(bytesPerStep)) bytes a step and worker",
            "coordinator in \(Wording.fixed(coordinator.messagesIn, 1)) messages, \(Wording.fixed(coordinator.bytesIn, 0)) "
                + "bytes a step; out \(Wording.fixed(coordinator.messagesOut, 1)), "
                + "\(Wording.fixed(coordinator.bytesOut, 0)) bytes",
            "first step  \(BenchWording.time(firstStepS)) after the start",
            "memory      \(Wording.grouped(peakBytes >> 10)) KiB at most" + (workers == 0 ? "" : " a worker")
                + "; \(Wording.fixed(pageFaultsPerStep, 2)) new pages a step",
        ]
    }
}
