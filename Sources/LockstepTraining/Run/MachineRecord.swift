internal import Glibc
internal import LockstepFormats
internal import LockstepTensor

/// What a run is computed on: what `machine.json` of its folder holds, for whoever asks what its bits depend on besides its
/// settings.
public struct MachineRecord: Codable, Sendable, Equatable {
    /// What the run's products were ever made with, as `BLAS.arithmetic` names it; the newest last. With more than one the bits may be
    /// others than with one.
    public var machines: [String]
    /// How many threads share a product.
    public var threads: Int
    /// Into how many microbatches a batch is cut.
    public var microbatches: Int

    /// A record with these values.
    public init(machines: [String], threads: Int, microbatches: Int) {
        self.machines = machines
        self.threads = threads
        self.microbatches = microbatches
    }

    /// This process.
    public static var here: String { BLAS.arithmetic }
}

extension RunFolder {
    /// The file of what the run is computed on.
    var machinePath: String { "\(path)/machine.json" }

    /// What the run was computed on; nil where that was not recorded.
    public func machine() throws -> MachineRecord? { try RunFolder.machine(of: path) }

    /// What the run in the folder at `path` was computed on; nil where that was not recorded.
    ///
    /// Throws where the file is there but does not hold that.
    public static func machine(of path: String) throws -> MachineRecord? {
        let path = "\(path)/machine.json"
        guard access(path, F_OK) == 0 else { return nil }
        do {
            return try JSONText.decode(File.read(path), as: MachineRecord.self)
        } catch {
            throw TrainingError(
                .invalidRun, "\(path) does not say what the run was computed on: \(error). Remove it to go on")
        }
    }

    /// Records what the run is computed on.
    public func write(_ record: MachineRecord) throws {
        try AtomicFile.write(Array((JSONText.encode(record, isIndented: true) + "\n").utf8), to: machinePath)
    }

    /// Records that the run is computed by this process from now on. Returns on what it was before, where that is something else and
    /// the bits may change.
    public func recordThisMachine(threads: Int, microbatches: Int) throws -> String? {
        var record = try machine() ?? MachineRecord(machines: [], threads: threads, microbatches: microbatches)
        let (before, here) = (record.machines.last, MachineRecord.here)
        record.machines.removeAll { $0 == here }
        record.machines.append(here)
        try write(record)
        return before == here ? nil : before
    }
}
