internal import Glibc
internal import LockstepFormats

/// What the workers of a run are doing: what `status.json` of its folder holds while it goes on.
public struct RunStatus: Codable, Sendable, Equatable {
    /// What the coordinator is doing: "waiting for workers", "training".
    public var phase: String
    /// How often the members have changed.
    public var generation: Int
    /// Where gradients are summed: `direct`, among the workers, or `star`, at the coordinator. Absent in what earlier versions wrote.
    public var allReduce: String?
    /// Every worker, by rank.
    public var workers: [Worker]

    /// One worker of a run.
    public struct Worker: Codable, Sendable, Equatable {
        /// Its rank.
        public var rank: Int
        /// Its host.
        public var host: String
        /// Its process id.
        public var process: Int
        /// What it last said it was doing.
        public var doing: String
        /// How many microbatches of each batch it computes.
        public var microbatches: Int
        /// Seconds that it takes to compute a microbatch, over the last steps; nil before there are any.
        public var secondsPerMicrobatch: Double?

        /// A worker with these values.
        public init(
            rank: Int, host: String, process: Int, doing: String, microbatches: Int, secondsPerMicrobatch: Double?
        ) {
            self.rank = rank
            self.host = host
            self.process = process
            self.doing = doing
            self.microbatches = microbatches
            self.secondsPerMicrobatch = secondsPerMicrobatch
        }
    }

    /// A status with these values.
    public init(phase: String, generation: Int, allReduce: String? = nil, workers: [Worker]) {
        self.allReduce = allReduce
        self.phase = phase
        self.generation = generation
        self.workers = workers
    }
}

extension RunFolder {
    /// The file of what the workers are doing.
    var statusPath: String { "\(path)/status.json" }

    /// Records what the workers are doing.
    public func write(_ status: RunStatus) throws {
        try AtomicFile.write(Array((JSONText.encode(status, isIndented: true) + "\n").utf8), to: statusPath)
    }

    /// What the workers of the run in the folder at `path` were last known to do; nil where that was not recorded.
    public static func status(of path: String) throws -> RunStatus? {
        let path = "\(path)/status.json"
        guard access(path, F_OK) == 0 else { return nil }
        do {
            return try JSONText.decode(File.read(path), as: RunStatus.self)
        } catch {
            throw TrainingError(.invalidRun, "\(path) does not say what workers are doing: \(error)")
        }
    }

    /// Whether a process on this host trains the run in the folder at `path`.
    public static func isInUse(_ path: String) -> Bool {
        let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { Glibc.close(folder) }
        return flock(folder, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
