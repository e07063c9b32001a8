internal import Glibc

/// Something in a run that a person or a program may want to know, in the order in which it happens.
public enum RunEvent: Sendable {
    /// The run begins, or begins again: all is known and the first step comes next.
    case started(RunOverview)
    /// A step is complete.
    case step(StepRecord)
    /// The model was tested.
    case tested(TestRecord)
    /// A checkpoint was written.
    case checkpoint(path: String, step: Int)
    /// Something to tell that is no fault: what is being waited for, who joined.
    case note(String)
    /// Something that the user should look at; the run goes on.
    case warning(String)
    /// The run is complete.
    case finished(RunSummary)
    /// The run was stopped by request after `step` steps and can be resumed from `checkpoint`.
    case stopped(step: Int, checkpoint: String, folder: String)
}

extension RunEvent {
    /// What is told of a run that has nothing to test with.
    package static func noTest(of settings: RunSettings) -> String {
        let remedy =
            switch settings.data.prefix(while: { $0 != ":" }) {
            case "csv": "; keep some with split=0.1, or give test=FILE, behind the '?' of --data"
            case "npz": "; keep some with split=0.1 behind a '?' of --data, or save x_test and y_test"
            case "text": "; the last tenth of a text is for testing, but here it is shorter than the model's context"
            default: ""
            }
        return "no samples to test with: only the training loss is reported" + remedy
    }
}

/// Receives the events of a run on the thread that drives it.
public protocol RunObserver: AnyObject {
    /// Called for each event, in order.
    func handle(_ event: RunEvent)
}

/// What a run is, when it begins.
public struct RunOverview: Sendable, Equatable {
    /// The run's folder.
    public var folder: String
    /// What is trained and how.
    public var settings: RunSettings
    /// Who computes: one line a worker; empty in a single process.
    public var workers: [String]
    /// Elements in all parameters together.
    public var parameters: Int
    /// Training samples an epoch.
    public var samples: Int
    /// Steps in the whole run.
    public var steps: Int
    /// Steps an epoch.
    public var stepsPerEpoch: Int
    /// Steps that were complete when it began: more than 0 where it was resumed.
    public var completedSteps: Int

    package init(
        folder: String, settings: RunSettings, workers: [String], parameters: Int, samples: Int, steps: Int,
        stepsPerEpoch: Int, completedSteps: Int
    ) {
        self.folder = folder
        self.settings = settings
        self.workers = workers
        self.parameters = parameters
        self.samples = samples
        self.steps = steps
        self.stepsPerEpoch = stepsPerEpoch
        self.completedSteps = completedSteps
    }
}

/// What one step did.
public struct StepRecord: Sendable, Equatable {
    /// Steps complete, this one included.
    public var step: Int
    /// The epoch that the step belongs to, from 1.
    public var epoch: Int
    /// The mean loss over the global batch, before the update.
    public var loss: Double
    /// Samples of the global batch.
    public var samples: Int
    /// Samples a second, by the wall clock, over the last twenty steps.
    public var throughput: Double
    /// Seconds that a worker spent in forward, backward and update; the mean over the workers.
    public var computeSeconds: Double
    /// Seconds that a worker waited for or worked on the all-reduce; the mean over the workers.
    public var communicateSeconds: Double
    /// Bytes of gradients that a worker sent to the others; the mean over the workers, 0 in a single process.
    public var bytesSent: Int

    package init(
        step: Int, epoch: Int, loss: Double, samples: Int, throughput: Double, computeSeconds: Double,
        communicateSeconds: Double, bytesSent: Int = 0
    ) {
        self.step = step
        self.epoch = epoch
        self.loss = loss
        self.samples = samples
        self.throughput = throughput
        self.computeSeconds = computeSeconds
        self.communicateSeconds = communicateSeconds
        self.bytesSent = bytesSent
    }
}

/// What testing the model gave.
public struct TestRecord: Sendable, Equatable {
    /// Steps complete when it was tested.
    public var step: Int
    /// The epoch that had just ended, from 1; 0 where that is not known.
    public var epoch: Int
    /// The mean loss over the test samples.
    public var loss: Double
    /// The share of test samples that the model gets right, where the job says what that means.
    public var accuracy: Double?
    /// How many samples were tested.
    public var samples: Int
    /// e to the loss, where the next character is predicted: among how many characters the model is as good as guessing.
    public var perplexity: Double?
}

extension TestRecord {
    /// The means of an evaluation.
    public init(_ evaluation: Evaluation, step: Int, epoch: Int, predictsText: Bool = false) {
        let count = Double(evaluation.count)
        let loss = evaluation.loss / count
        self.init(
            step: step, epoch: epoch, loss: loss, accuracy: evaluation.correct.map { Double($0) / count },
            samples: evaluation.count, perplexity: predictsText ? exp(loss) : nil)
    }
}

/// What a complete run came to.
public struct RunSummary: Sendable, Equatable {
    /// The run's folder.
    public var folder: String
    /// The file of the final weights.
    public var weights: String
    /// SHA-256 of the final weights.
    public var digest: String
    /// The last test, if the job has test samples.
    public var test: TestRecord?
    /// Steps of the run.
    public var steps: Int
    /// Samples trained on by this process's part of the run: since it was resumed, where it was.
    public var samples: Int
    /// Seconds from the first step to the last of this part.
    public var seconds: Double

    /// Samples a second over this part of the run.
    public var throughput: Double { seconds > 0 ? Double(samples) / seconds : 0 }
}
