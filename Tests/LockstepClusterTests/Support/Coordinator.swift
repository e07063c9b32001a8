import LockstepCluster
import LockstepFormats
import LockstepTraining
import LockstepTransport
import LockstepWire

/// A coordinator that is told by hand what its workers say.
struct Coordinator {
    var machine: CoordinatorMachine
    var now = Duration.zero

    init(
        workers: Int, state: Payload? = nil, isOpen: Bool = false,
        change: (inout CoordinatorMachine.Setup) -> Void = { _ in }
    ) throws {
        var setup = CoordinatorMachine.Setup(
            run: Simulation.run, settings: try TinyJob.settings(), membership: Membership(workers: workers),
            endpoint: "tcp://10.0.0.1:5555")
        setup.state = try state.map { ($0, try Checkpoint(.init(parsing: $0.array()), from: "a checkpoint")) }
        setup.membership.isOpen = isOpen
        change(&setup)
        machine = CoordinatorMachine(setup, now: .zero)
    }

    mutating func hello(_ number: Int) -> [CoordinatorAction] {
        let hello = Envelope(run: .unknown, sender: .newcomer, body: .hello(Simulation.hello(number)))
        return machine.handle(.message(hello, from: Simulation.peer(number)), now: now)
    }

    mutating func say(
        _ body: Body, from number: Int, rank: Int, generation: Int = 1, step: Int = 0
    ) -> [CoordinatorAction] {
        let envelope = Envelope(
            run: Simulation.run, generation: generation, step: step, sender: .rank(rank), body: body)
        return machine.handle(.message(envelope, from: Simulation.peer(number)), now: now)
    }

    /// Lets workers 0, 1, … join as ranks 0, 1, … until the first steps are ordered.
    mutating func beginTraining(workers: Int, ready: Ready = Foreign.ready()) {
        for number in 0..<workers { _ = hello(number) }
        for number in 0..<workers { _ = say(.ready(ready), from: number, rank: number, generation: 0) }
        for number in 0..<workers { _ = say(.holding, from: number, rank: number) }
    }
}

extension [CoordinatorAction] {
    /// What is sent, and to whom.
    var sent: [(body: Body, peer: Peer)] {
        compactMap { if case .send(let envelope, let peer) = $0 { (envelope.body, peer) } else { nil } }
    }
    var notes: [String] { compactMap { if case .note(let text) = $0 { text } else { nil } } }
    var warnings: [String] { compactMap { if case .warning(let text) = $0 { text } else { nil } } }
    /// The reasons of the refusals that are sent.
    var refusals: [String] {
        sent.compactMap { if case .refusal(let refusal) = $0.body { refusal.reason } else { nil } }
    }
    /// The error that the run ends with.
    var error: ClusterError? {
        for case .end(let error) in self { return error }
        return nil
    }
}
