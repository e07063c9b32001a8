package import LockstepTraining
package import LockstepTransport
package import LockstepWire
internal import Logging

/// What can happen to a coordinator.
package enum CoordinatorEvent: Sendable {
    /// A well-formed message came.
    case message(Envelope, from: Peer)
    /// Something that is no message of this protocol came from `peer`, known to people as `name`; it was dropped.
    case rejected(WireError, from: Peer, name: String)
    /// The connection to a worker is gone.
    case lost(Peer)
    /// The key of somebody who is connected may no longer join.
    case barred(Peer)
    /// A process that this one started has ended.
    case exited(pid: Int, ProcessEnd)
    /// A process could not be started.
    case launchFailed(String)
    /// The record of the run falls behind what happens in it, or has caught up.
    case recordIsBehind(Bool)
    /// The record of the run is on disk up to here.
    case recorded(RecordedPosition)
    /// The state after so many steps, which was to be recorded, was what all agreed on, and is.
    case stateRecorded(completedSteps: Int)
    /// It was not, and is not.
    case stateIsDamaged(completedSteps: Int, reason: String)
    /// The record of the run cannot be kept, or says that the run must not go on.
    case recordFailed(String)
    /// Samples for a worker have been read.
    case samplesRead(SampleRead, Payload)
    /// They cannot be.
    case samplesFailed(String)
    /// The user asked for the run to stop.
    case interrupted
    /// Some time has passed.
    case tick
}

/// How a process ended.
public enum ProcessEnd: Sendable, Equatable, CustomStringConvertible {
    /// It ended by itself.
    case exited(code: Int)
    /// A signal ended it.
    case signalled(signal: Int)
    /// It is on another host, and all that is known is that its connection ended.
    case disconnected

    public var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .disconnected: "closed its connection"
        case .signalled(let signal): "was ended by signal \(signal)\(ProcessEnd.names[signal].map { " (\($0))" } ?? "")"
        }
    }

    private static let names = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
        9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
    ]
}

/// What a coordinator is to do.
package enum CoordinatorAction: Sendable {
    /// Send a message.
    case send(Envelope, to: Peer)
    /// All workers are ready: open the run's record and begin. Of the completed steps those before `recordedSteps` are in the
    /// record; the others come next.
    case begin(Schedule, workers: [String], parameters: Int, completedSteps: Int, recordedSteps: Int)
    /// Record what the run is computed on: each kind of processor and library that it ever was.
    case computedOn([String])
    /// Record a step.
    case completeStep(
        Int, lossSum: Double, samples: StepAccount, computeSeconds: Double, communicateSeconds: Double, bytesSent: Int,
        overflowed: Bool)
    /// Record a test.
    case tested(Evaluation, completedSteps: Int)
    /// Make sure that a state is the one with the digest that all agreed on, write it as a checkpoint and, where it is the last one, what
    /// it leads to; and say what became of it.
    case checkpoint(Payload, digest: String, completedSteps: Int, then: AfterCheckpoint)
    /// Read samples for a worker.
    case read(SampleRead)
    /// Start a worker process in the place of one that has ended, after a while.
    case launch(after: Duration)
    /// Tell the user something.
    case note(String)
    /// Tell the user something that deserves a look.
    case warning(String)
    /// The run ends: well, or with an error.
    case end(ClusterError?)

    package enum AfterCheckpoint: Equatable {
        case goOn
        /// Nothing is written: it is the state that a run began with, to go back to until there is a checkpoint.
        case keep
        /// The run was stopped by request; this checkpoint is where it resumes.
        case stopped
        /// The run is complete; this checkpoint holds its weights.
        case complete

        /// Whether the run ends with it.
        var endsRun: Bool { self == .stopped || self == .complete }
    }
}

extension CoordinatorAction: CustomStringConvertible {
    /// What the user is told is shown by the observer, too.
    var logLevel: Logger.Level {
        switch self {
        case .note, .warning: .info
        default: .trace
        }
    }

    /// The action for a log.
    package var description: String {
        switch self {
        case .send(let envelope, let peer): "send \(envelope.logText) to \(peer)"
        case .begin(_, let workers, _, let completedSteps, _):
            "begin after \(completedSteps) steps with \(workers.count) workers"
        case .computedOn(let machines): "record that it is computed on \(machines.joined(separator: ", "))"
        case .completeStep(let step, _, _, _, _, _, _): "record step \(step)"
        case .tested(_, let completedSteps): "record the test after \(completedSteps) steps"
        case .checkpoint(let payload, _, let completedSteps, _): "write \(payload) after \(completedSteps) steps"
        case .read(let read): "read \(read.samples) of step \(read.step)"
        case .launch(let delay): "start a worker in \(delay.text)"
        case .note(let text), .warning(let text): text
        case .end(let error): "end: \(error?.description ?? "all is done")"
        }
    }
}
