/// How long coordinator and workers wait for each other before they say so or give up.
public struct Patience: Sendable, Equatable {
    /// How often each side tells the other that it is alive, busy or not. Half a second: cheap, and several may be lost
    /// before `silence` is over.
    public var heartbeat: Duration = .milliseconds(500)
    /// After how long without a word from somebody in the run he counts as gone. Three seconds, so that a death that nothing
    /// else shows is named within five.
    public var silence: Duration = .seconds(3)
    /// How long a coordinator waits for its workers, and a worker for its coordinator, before the run begins. Ten minutes:
    /// hosts are started by hand or by a queue.
    public var joining: Duration = .seconds(600)
    /// How long workers may take to reach each other once all have joined.
    public var linking: Duration = .seconds(30)
    /// How long workers that have nothing else to do may fail to reach each other before the coordinator sums in their place, where it
    /// may. Ten seconds: a first packet that is lost is sent again after 1, 3 and 7.
    public var reaching: Duration = .seconds(10)
    /// Within how long a link between two living workers may break ``breaks`` times before the coordinator sums in their place, where
    /// it may. Five minutes: each time costs a step or two.
    public var breaking: Duration = .seconds(300)
    /// How often it may. Three times: once or twice may be a switch that was restarted.
    public var breaks = 3
    /// How often somebody who waits says what for.
    public var reminder: Duration = .seconds(5)
    /// How long a step may take before the user is told who it waits for; told again after as long. Half a minute, because
    /// the steps of a large model take seconds.
    public var stall: Duration = .seconds(30)
    /// How long a worker that has lost a peer waits for the coordinator's word on it before it ends. The coordinator sees the
    /// end of a process within milliseconds; where only the link between two workers is gone, it learns of it this way.
    public var lostPeer: Duration = .seconds(1)
    /// How long a run that has lost all its workers waits for those that hold its newest state, before it goes on from the last
    /// checkpoint with others. Half a minute: what a restarted switch takes is less than what is lost.
    public var missing: Duration = .seconds(30)
    /// How long the reason that a worker sends before it exits may take to arrive after its exit has been seen.
    public var lastWords: Duration = .milliseconds(300)

    /// The slowest link that a large state may be sent over without its sender counting as gone, in bytes a second.
    static let slowestLink = 10_000_000.0

    /// How long somebody may be silent who sends a state of so many bytes: his heartbeats wait behind it.
    func silence(movingState bytes: Int) -> Duration {
        silence + .seconds(Double(bytes) / Patience.slowestLink)
    }

    /// The defaults.
    public init() {}
}
