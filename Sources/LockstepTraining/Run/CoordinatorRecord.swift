internal import Glibc
internal import LockstepFormats

/// Who coordinates a run: what `coordinator.json` of its folder holds, so that a coordinator that is started again is known to the
/// run's workers, and listens where they look for it.
public struct CoordinatorRecord: Codable, Sendable, Equatable {
    /// The run's name in its messages.
    public var run: String?
    /// Where workers reach the coordinator.
    public var endpoint: String
    /// The coordinator's host.
    public var host: String
    /// Its process id.
    public var process: Int

    /// A record with these values.
    public init(run: String?, endpoint: String, host: String, process: Int) {
        self.run = run
        self.endpoint = endpoint
        self.host = host
        self.process = process
    }
}

extension RunFolder {
    /// The file of the coordinator's record.
    var coordinatorPath: String { "\(path)/coordinator.json" }

    /// Who coordinated the run last; nil where nobody did.
    ///
    /// Throws where the file is there but does not hold that.
    public func coordinator() throws -> CoordinatorRecord? { try RunFolder.coordinator(of: path) }

    /// Who coordinated the run in the folder at `path` last, as ``coordinator()``, without opening it.
    public static func coordinator(of path: String) throws -> CoordinatorRecord? {
        let path = "\(path)/coordinator.json"
        guard access(path, F_OK) == 0 else { return nil }
        do {
            return try JSONText.decode(File.read(path), as: CoordinatorRecord.self)
        } catch {
            throw TrainingError(
                .invalidRun, "\(path) does not say who coordinated the run: \(error). Remove it to go on")
        }
    }

    /// Records who coordinates the run.
    public func write(_ record: CoordinatorRecord) throws {
        try AtomicFile.write(Array((JSONText.encode(record, isIndented: true) + "\n").utf8), to: coordinatorPath)
    }
}
