/// How long coordinator and workers wait for each other before they say so or give up.
public struct Patience: Sendable, Equatable {
    /// How often each side tells the other that it is alive, busy or not. Half a second: cheap, and several may be lost
    /// before `silence` is over.
    public var heartbeat: Duration = .milliseconds(500)
    /// After how long without a word from somebody in the run he counts as gone. Two and a half seconds, so that a death that nothing
    /// else shows is named within three: whoever listens looks ten times a second. Three or four heartbeats may be missed.
    public var silence: Duration = .milliseconds(2500)
    /// How long a coordinator waits for its workers, and a worker for its coordinator, before the run begins. Ten minutes:
    /// hosts are started by hand or by a queue.
    public var joining: Duration = .seconds(600)
    /// How long a worker may take to read its data and build its replica. An hour: a large file may be on a slow disk.
    public var preparing: Duration = .seconds(3600)
    /// How long workers may take to reach each other once all have joined, and have nothing else in hand.
    public var linking: Duration = .seconds(30)
    /// How long a state may take to be written out, sent and taken up, besides the time for its bytes. A minute: longer than ``stall``, so
    /// that who is awaited is told of before he is put out.
    public var moving: Duration = .seconds(60)
    /// How long a step or a test may take at the least before those who are awaited are put out. An hour: nobody but the user knows how
    /// long the steps of a model take, and he has been told every ``stall`` by then.
    public var working: Duration = .seconds(3600)
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

    /// The slowest link that a state may be sent over, in bytes a second: over a slower one a piece of it would take longer than
    /// ``silence``, and whoever waits for what is behind that would count its sender as gone.
    static let slowestLink = 2_000_000.0

    /// How long a state of so many bytes may take until it is taken up.
    func moving(bytes: Int) -> Duration { moving + .seconds(Double(bytes) / Patience.slowestLink) }

    /// How long a step or a test may take where the longest so far took so long: ten times that. Of the first one nobody knows how long it
    /// takes, so it may take a day.
    func working(longest: Duration?) -> Duration { longest.map { max(working, $0 * 10) } ?? working * 24 }

    /// The defaults.
    public init() {}
}
