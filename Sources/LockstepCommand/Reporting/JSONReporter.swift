internal import LockstepTraining

/// Each event of a run as a line of JSON, for programs.
final class JSONReporter: RunObserver {
    func handle(_ event: RunEvent) {
        switch event {
        case .started(let run):
            write(
                Started(
                    run: run.folder, settings: run.settings, workers: run.workers, parameters: run.parameters,
                    samples: run.samples, steps: run.steps, completedSteps: run.completedSteps))
        case .step(let record):
            write(
                Step(
                    step: record.step, epoch: record.epoch, loss: record.loss, samples: record.samples,
                    samplesPerSecond: record.throughput, computeSeconds: record.computeSeconds,
                    communicateSeconds: record.communicateSeconds, bytesSent: record.bytesSent))
        case .tested(let record): print(JSONReporter.line(record))
        case .checkpoint(let path, let step): write(Checkpoint(path: path, step: step))
        case .note(let text): write(Message(event: "note", text: text))
        case .warning(let text): write(Message(event: "warning", text: text))
        case .finished(let summary):
            write(
                Finished(
                    run: summary.folder, weights: summary.weights, sha256: summary.digest, steps: summary.steps,
                    testLoss: summary.test?.loss, accuracy: summary.test?.accuracy,
                    samplesPerSecond: summary.throughput, seconds: summary.seconds))
        case .stopped(let step, let checkpoint, let folder):
            write(Stopped(run: folder, step: step, checkpoint: checkpoint))
        }
    }

    static func line(_ record: TestRecord) -> String {
        JSONText.encode(
            Test(
                step: record.step, epoch: record.epoch > 0 ? record.epoch : nil, loss: record.loss,
                samples: record.samples, accuracy: record.accuracy, perplexity: record.perplexity))
    }

    private func write(_ event: some Encodable) { print(JSONText.encode(event)) }

    private struct Started: Encodable {
        var event = "started"
        var run: String
        var settings: RunSettings
        var workers: [String]
        var parameters: Int
        var samples: Int
        var steps: Int
        var completedSteps: Int
    }
    private struct Step: Encodable {
        var event = "step"
        var step: Int
        var epoch: Int
        var loss: Double
        var samples: Int
        var samplesPerSecond: Double
        var computeSeconds: Double
        var communicateSeconds: Double
        var bytesSent: Int
    }
    private struct Test: Encodable {
        var event = "test"
        var step: Int
        var epoch: Int?
        var loss: Double
        var samples: Int
        var accuracy: Double?
        var perplexity: Double?
    }
    private struct Checkpoint: Encodable {
        var event = "checkpoint"
        var path: String
        var step: Int
    }
    private struct Message: Encodable {
        var event: String
        var text: String
    }
    private struct Finished: Encodable {
        var event = "finished"
        var run: String
        var weights: String
        var sha256: String
        var steps: Int
        var testLoss: Double?
        var accuracy: Double?
        var samplesPerSecond: Double
        var seconds: Double
    }
    private struct Stopped: Encodable {
        var event = "stopped"
        var run: String
        var step: Int
        var checkpoint: String
    }
}
