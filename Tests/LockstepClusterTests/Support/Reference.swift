import LockstepFormats
import LockstepTensor
import LockstepTraining
import LockstepWire

/// What a run must come to: what a single process computes, step after step.
struct Reference {
    /// What the record must hold, in order, for a run that is not stopped.
    private(set) var record: [String] = []
    /// The state after each number of steps, as a checkpoint's bytes.
    private(set) var states: [Payload] = []
    private(set) var digest = ""

    init(_ settings: RunSettings, job: any TrainableJob) throws {
        BLAS.threads = 1
        let trainer = try Trainer(settings: settings, job: job)
        states.append(Payload(try trainer.checkpoint().file.encoded()))
        while trainer.completedSteps < trainer.schedule.steps {
            let step = trainer.completedSteps
            var sums = try trainer.sums(of: trainer.tree.root, step: step)
            var gradient = sums.subtrees.removeLast().sum
            gradient *= trainer.schedule.scale(ofStep: step)
            trainer.apply(gradient)
            let state = Payload(try trainer.checkpoint().file.encoded())
            states.append(state)
            record.append(Reference.line(step: step, loss: trainer.tree.sum(sums.losses)))
            let completed = step + 1
            if trainer.schedule.endsEpoch(after: completed), let result = try trainer.evaluate() {
                record.append(Reference.line(tested: result, after: completed))
            }
            if trainer.schedule.checkpointIsDue(after: completed) {
                let then = completed == trainer.schedule.steps ? "complete" : "goOn"
                record.append(Reference.line(state: state, after: completed, then: then))
            }
        }
        digest = trainer.digest
    }

    /// What the record must hold of a run that goes on after `start` steps and is stopped after `stop`.
    func record(from start: Int = 0, stoppedAfter stop: Int? = nil) -> [String] {
        let rest = record.filter { Reference.step(of: $0) > start }
        guard let stop else { return rest }
        let before = rest.filter { Reference.step(of: $0) <= stop && !$0.hasPrefix("checkpoint \(stop) ") }
        return before + [Reference.line(state: states[stop], after: stop, then: "stopped")]
    }

    /// After how many steps a line of the record was written.
    static func step(of line: String) -> Int { Int(line.split(separator: " ")[1]) ?? 0 }

    static func line(step: Int, loss: Double) -> String { "step \(step + 1) loss \(loss)" }
    static func line(tested result: Evaluation, after completed: Int) -> String {
        "tested \(completed) loss \(result.loss) correct \(result.correct ?? -1) of \(result.count)"
    }
    static func line(state: Payload, after completed: Int, then: String) -> String {
        "checkpoint \(completed) \(SHA256.hex(of: state.array())) \(then)"
    }
}
