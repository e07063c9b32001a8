import LockstepCluster
import LockstepTraining
import Testing

/// What must be true of a run, whatever has gone wrong in it.
extension Simulation {
    /// Expects that the run is complete, that each step and test is recorded once with a single process's numbers, and that the
    /// weights at its end are a single process's.
    func expectSameBits(as reference: Reference, _ comment: Comment, location: SourceLocation = #_sourceLocation) {
        #expect(endings[.coordinator] == .some(nil), comment, sourceLocation: location)
        func metrics(_ record: [String]) -> [String] { record.filter { !$0.hasPrefix("checkpoint") } }
        #expect(metrics(record) == metrics(reference.record), comment, sourceLocation: location)
        // Checkpoints may be taken after other steps than planned, but each holds what a single process has there.
        for line in record where line.hasPrefix("checkpoint") {
            let step = Reference.step(of: line)
            let then = line.hasSuffix("complete") ? "complete" : "goOn"
            #expect(
                line == Reference.line(state: reference.states[step], after: step, then: then), comment,
                sourceLocation: location)
        }
        #expect(record.last == reference.record.last, comment, sourceLocation: location)
        expectEachSampleOnce(comment, location)
        #expect(exile.violations == [], comment, sourceLocation: location)
    }

    /// Expects of the ledger that each sample of each epoch was used exactly once.
    func expectEachSampleOnce(_ comment: Comment, _ location: SourceLocation) {
        do {
            let text = try Ledger.text(of: ledger, settings: setup.settings, samples: 23)
            let epochs = setup.settings.epochs
            let steps = try Schedule(samples: 23, settings: setup.settings).steps
            let audit = Ledger(
                Array(text.utf8), path: "the ledger", settings: setup.settings, recordedSteps: steps
            ).audit()
            #expect(audit.problems == [], comment, sourceLocation: location)
            #expect(
                audit.epochs.map(\.usedOnce) == Array(repeating: 23, count: epochs), comment, sourceLocation: location)
        } catch {
            Issue.record("\(error)", sourceLocation: location)
        }
    }

    /// How many steps the newest state is after that any living worker holds.
    var newestHeld: Int {
        workers.indices.filter { !dead.contains(.worker($0)) }.map { replicas[$0].completedSteps }.max() ?? 0
    }

    /// Expects that of the steps that the living had begun before something went wrong at most one was begun again, and none that
    /// somebody held. One of two workers that dies may have been a step ahead of the other: its last sums are lost, whatever they were of.
    func expectOneStepRedone(
        after before: [(step: Int, worker: Int)], holding held: Int, _ comment: Comment,
        location: SourceLocation = #_sourceLocation
    ) {
        let later = computedSteps.dropFirst(before.count).map(\.step)
        let first = later.min() ?? held
        #expect(first >= held, "\(comment): \(held) were complete", sourceLocation: location)
        let redone = Set(later).intersection(before.filter { !dead.contains(.worker($0.worker)) }.map(\.step))
        #expect(redone.count <= 1, "\(comment): the steps from 0 \(redone.sorted())", sourceLocation: location)
    }

    /// Who a worker is, in what people are told.
    static func who(_ number: Int) -> String { "(host host-\(number), process \(100 + number))" }

    /// Expects that the first warning says this of a worker.
    func expectNamed(_ number: Int, _ words: String, _ comment: Comment, location: SourceLocation = #_sourceLocation) {
        let isNamed = warnings.first?.contains("\(Simulation.who(number)) \(words)") == true
        #expect(isNamed, "\(comment.rawValue): \(warnings)", sourceLocation: location)
    }

    /// Lets the run go on to its end, and expects that it has one.
    mutating func expectOver(_ comment: Comment, location: SourceLocation = #_sourceLocation) {
        if !run(until: { $0.isOver }) {
            Issue.record("\(comment.rawValue): somebody waits for ever\n\(summary)", sourceLocation: location)
        }
    }

    /// Lets the run go on to its end, and expects of it what ``expectSameBits(as:_:location:)`` does.
    mutating func expectOver(
        as reference: Reference, _ comment: Comment, location: SourceLocation = #_sourceLocation
    ) {
        expectOver(comment, location: location)
        expectSameBits(as: reference, comment, location: location)
    }

    /// What everybody is doing, for the report of a run that does not end.
    var summary: String {
        let doing = workers.indices.map { number in
            let state = dead.contains(.worker(number)) ? "dead" : frozen.contains(.worker(number)) ? "frozen" : ""
            let links = links.filter { $0.key.to == .worker(number) }.map { "\($0.key): \($0.value)" }
            return "worker \(number): \(state) \(workers[number].description) \(computations[number]) \(links)"
        }
        return (notes.suffix(12) + warnings.suffix(12) + doing + record.suffix(3)).joined(separator: "\n")
    }

    /// Whether at some time no worker was in the run that could go on.
    var lostAll: Bool {
        (endings[.coordinator] ?? nil)?.code == .workerEnded || (endings[.coordinator] ?? nil)?.code == .timeout
    }
}
