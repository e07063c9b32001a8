/// One message: who sent it in which run, generation and step, what it says, and its bulk bytes if it has any.
///
/// The message format is `Envelope` of `proto/lockstep.proto`; the version is not a property, because an envelope in memory
/// always has this software's version.
public struct Envelope: Sendable, Equatable {
    /// The version of the protocol that this software speaks; messages of any other are rejected. It is raised with every change that
    /// other software would misread: `docs/protocol.md` says with which.
    public static let protocolVersion: UInt32 = 3

    /// The run that the message belongs to.
    public var run: RunID
    /// The generation of the membership, counted from 0.
    public var generation: Int
    /// The optimizer step of the run, counted from 0.
    public var step: Int
    /// Who sent it. The transport does not check that this is true.
    public var sender: Sender
    /// What the message says.
    public var body: Body
    /// Bulk bytes, which are sent without a copy; nil and empty are different.
    public var payload: Payload?

    /// A message, by default without bulk bytes and outside of any generation and step.
    public init(
        run: RunID, generation: Int = 0, step: Int = 0, sender: Sender, body: Body, payload: Payload? = nil
    ) {
        self.run = run
        self.generation = generation
        self.step = step
        self.sender = sender
        self.body = body
        self.payload = payload
    }
}

/// Who sent a message.
public enum Sender: Sendable, Hashable, CustomStringConvertible {
    /// The coordinator.
    case coordinator
    /// A worker that has not been given a rank yet.
    case newcomer
    /// The worker of this rank, 0 ... 4294967293.
    case rank(Int)

    public var description: String {
        switch self {
        case .coordinator: "coordinator"
        case .newcomer: "worker without a rank"
        case .rank(let rank): "rank \(rank)"
        }
    }
}
