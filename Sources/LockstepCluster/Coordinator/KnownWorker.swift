package import LockstepTraining
package import LockstepTransport
internal import LockstepWire

/// A worker as the coordinator knows it.
struct Worker {
    let peer: Peer
    let hello: Hello
    /// When it was let in.
    let admitted: Duration
    var lastHeard: Duration
    /// What it is, once its replica is built.
    var ready: Ready?
    /// Whether it is in the generation.
    var isMember = false
    /// What it holds, once it has said so in this generation.
    var position = Position.unknown
    /// The digest of the state that it was last sent.
    var digest = ""
    /// Its end was seen: when, and how. Its last words may still be on their way.
    var ending: (at: Duration, how: ProcessEnd)?
    /// Whether another process is started in its place.
    var isReplaced = false
    /// The steps below this it has asked the samples of, in this generation; and of a test the blocks below its end.
    var requestedSteps = 0
    var requestedBlocks = (completedSteps: 0, end: 0)
    /// What it last said it was doing.
    var doing = "joining"
    /// The members of this generation that it last said it waits for, with nothing else to do: to link up, or in an all-reduce.
    var unheard: [Int] = []

    /// The state that a worker holds.
    enum Position: Equatable {
        case unknown
        /// None that may be trained on.
        case none
        /// The state after so many steps.
        case steps(Int)

        var steps: Int? { if case .steps(let steps) = self { steps } else { nil } }
    }
}

extension CoordinatorMachine {
    /// The connections of all workers.
    package var peers: [Peer] { workers.values.map(\.peer) }

    /// Whether workers that lack the newest state are being sent it.
    package var isSendingState: Bool { if case .syncing = phase { true } else { false } }

    /// What the workers are doing, for people.
    package var status: RunStatus {
        let phase =
            switch phase {
            case .joining, .waiting: "waiting for workers"
            case .linking: "connecting the workers"
            case .syncing: "sending the state to workers that lack it"
            case .training: "training"
            case .ended: "ended"
            }
        return RunStatus(
            phase: phase, generation: generation, allReduce: hub.kind.rawValue,
            workers: workers.sorted { $0.key < $1.key }.map { rank, worker in
                RunStatus.Worker(
                    rank: rank, host: worker.hello.host, process: worker.hello.pid, doing: worker.doing,
                    microbatches: members.firstIndex(of: rank).map { ranges[$0].count } ?? 0,
                    secondsPerMicrobatch: pace.secondsPerMicrobatch[rank])
            })
    }
}
