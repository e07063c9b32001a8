import LockstepCluster
import LockstepWire

/// What must be true of a generation that is over, whatever the order of events: nobody takes what is said of it, and a worker that is
/// put out of the run works on nothing until it has been given a state to work on.
struct Exile {
    /// How often each worker was told that it is put out.
    private(set) var putOuts: [Int: Int] = [:]
    /// What has happened against the rules.
    private(set) var violations: [String] = []
    /// The workers that are put out and have taken up no state since.
    private var exiles: Set<Int> = []
    /// The generation that each worker is in, and the coordinator.
    private var generations: [Int: Int] = [:]
    private var generation = 0

    /// A worker has been told something, or has noticed it, and does this.
    mutating func worker(_ number: Int, has actions: [WorkerAction], after event: WorkerEvent) {
        switch event {
        case .message(let envelope, _):
            switch envelope.body {
            case .putOut where actions.contains(where: \.isHello):
                putOuts[number, default: 0] += 1
                exiles.insert(number)
            case .members where !actions.isEmpty: generations[number] = envelope.generation
            case .peerHello, .welcome, .members, .refusal, .stop, .finish, .putOut, .heartbeat: break
            default:
                if envelope.generation < generations[number, default: 0], actions.contains(where: \.isWork) {
                    violations.append("worker \(number) took a \(envelope.body.name) of an earlier generation")
                }
            }
        case .computed(.restored): exiles.remove(number)
        default: break
        }
        guard exiles.contains(number) else { return }
        for action in actions where action.isWork {
            violations.append("worker \(number) is put out, and is to \(action)")
        }
    }

    /// The coordinator has been told something, or has noticed it, and does this.
    mutating func coordinator(has actions: [CoordinatorAction], after event: CoordinatorEvent) {
        if case .message(let envelope, _) = event, envelope.generation < generation {
            switch envelope.body {
            case .hello, .ready, .heartbeat, .failure, .leave: break
            // A step that somebody has done counts in whatever generation; that he is put out, the machine must know.
            case .stepReport: break
            default:
                let isTaken = actions.contains { if case .warning = $0 { false } else { true } }
                if isTaken {
                    violations.append("the coordinator took a \(envelope.body.name) of an earlier generation")
                }
            }
        }
        for case .send(let envelope, _) in actions { generation = envelope.generation }
    }

    /// The coordinator has been started again, and counts generations anew.
    mutating func coordinatorIsNew() {
        generation = 0
        generations = [:]
    }
}

extension WorkerAction {
    fileprivate var isHello: Bool {
        if case .send(let envelope, .coordinator) = self, case .hello = envelope.body { true } else { false }
    }

    /// Whether it is a part of a step, a test or a transfer: what only a member does that holds a state.
    fileprivate var isWork: Bool {
        switch self {
        case .compute(.sums), .compute(.apply), .compute(.evaluate), .compute(.state): return true
        case .send(let envelope, _):
            switch envelope.body {
            case .partial, .reduced, .stepReport, .evaluationReport, .state, .stateDigest, .samplesRequest: return true
            default: return false
            }
        default: return false
        }
    }
}
