public import LockstepFormats

/// The weights that a run starts from instead of random ones: `--init`.
public struct InitialWeights: Sendable {
    /// The weights, under the names of the model's parameters.
    public let file: Safetensors
    /// SHA-256 over names, shapes and elements.
    public let digest: String
    /// What names the weights in errors.
    public let place: String

    /// Reads the file at `path`: weights of PyTorch's or of a run's, or the weights of a checkpoint.
    public init(contentsOf path: String) throws {
        let tensors = try Safetensors(contentsOf: path).tensors.filter { !Checkpoint.isState($0.name) }
        file = Safetensors(tensors)
        digest = Checkpoint.digest(ofContent: tensors, [:])
        place = path
    }

    /// Reads what a run's folder keeps of the weights with that digest.
    init(ofRun path: String, digest expected: String) throws {
        try self.init(contentsOf: path)
        guard digest == expected else {
            throw TrainingError(
                .invalidRun,
                "\(path) holds other weights than the run began with: their SHA-256 is \(digest), not \(expected)")
        }
    }
}
