/// What a transport allows itself and others.
public struct TransportLimits: Sendable, Equatable {
    /// The largest frame that is accepted, in bytes. Default 2 GiB: the samples of a large microbatch or test block, a
    /// large bucket of a gradient. A state goes in pieces of 4 MiB.
    ///
    /// A larger one ends the connection that it comes on before memory for it is allocated.
    public var maximumMessageBytes: Int
    /// How many messages wait to be sent over a connection before sending to it fails.
    ///
    /// Default 4096: a step needs two messages a bucket and peer, so this is many steps of a large model, and a peer that is
    /// this far behind does not read.
    public var highWaterMark: Int
    /// How many messages of one connection wait to be read before no more are taken from the network: what follows waits with its sender.
    ///
    /// Default 64: as a state or a gradient goes in pieces of 4 MiB, a quarter of a gigabyte from each peer, more than comes before a
    /// thread that only passes messages on reads again. Where as many wait for longer than ``processTimeout`` the connection is lost, as
    /// answers to probes wait behind them.
    public var maximumUnreadMessages: Int
    /// How many bytes of payloads wait to be sent over a connection before sending to it fails. A single message may
    /// always wait.
    ///
    /// Default 4 GiB: two of the largest messages, so a state on its way and another behind it; a peer that is further behind
    /// does not read, and what waits for it is this process's memory.
    public var maximumQueuedBytes: Int
    /// How much memory a connection over local sockets may share with the other side for what is sent to it; 0 for none.
    ///
    /// Default 1 GiB, of which only that is taken from the system which is used: what has been sent and not read yet. Payloads that find no
    /// room, and all where the other side cannot map the memory, go through the socket.
    public var sharedMemoryBytes: Int
    /// How many connections may come in at the same time, those included that have not proved yet who they are; others are
    /// refused until some have ended.
    ///
    /// Default 2048: each of 1024 workers, more than anybody starts by intention, twice, as one that was cut off comes back
    /// before its old connection has been missed. One or two too many may come in at the same moment.
    public var maximumConnections: Int
    /// How often an idle connection is probed. Default 1 s, a few packets a second at most.
    public var heartbeatInterval: Duration
    /// How long the other host may leave what was sent to it unacknowledged before the connection counts as lost (tcp).
    ///
    /// Default 3 s, so that a host that went down is named within 5: the probe that it leaves unanswered may be sent a
    /// second later. The kernel acknowledges, so neither a busy process nor a large message under way is mistaken for one.
    public var hostTimeout: Duration
    /// How long the other process may leave a probe unanswered before the connection counts as lost.
    ///
    /// Default 30 s: a probe waits behind a frame under way, and 2 GiB take 18 s at 1 Gbit/s. The answer comes from the other
    /// side's I/O thread, so a process that computes answers.
    public var processTimeout: Duration
    /// How long one attempt to connect may take before the next begins. Default 3 s: the first packet may be lost once.
    public var connectTimeout: Duration
    /// The longest that `close` waits for messages to go out. Default 2 s: a refusal or a stop takes milliseconds where the
    /// other side is there, and a user who stops a run does not wait longer where it is not.
    public var linger: Duration

    /// Limits, each with its default unless given.
    public init(
        maximumMessageBytes: Int = 2 << 30, highWaterMark: Int = 4096, maximumUnreadMessages: Int = 64,
        maximumQueuedBytes: Int = 4 << 30, sharedMemoryBytes: Int = 1 << 30, maximumConnections: Int = 2048,
        heartbeatInterval: Duration = .seconds(1),
        hostTimeout: Duration = .seconds(3), processTimeout: Duration = .seconds(30),
        connectTimeout: Duration = .seconds(3), linger: Duration = .seconds(2)
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.highWaterMark = highWaterMark
        self.maximumUnreadMessages = maximumUnreadMessages
        self.maximumQueuedBytes = maximumQueuedBytes
        self.sharedMemoryBytes = sharedMemoryBytes
        self.maximumConnections = maximumConnections
        self.heartbeatInterval = heartbeatInterval
        self.hostTimeout = hostTimeout
        self.processTimeout = processTimeout
        self.connectTimeout = connectTimeout
        self.linger = linger
    }
}
