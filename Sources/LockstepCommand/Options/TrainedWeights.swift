internal import ArgumentParser
internal import LockstepData
internal import LockstepFormats
internal import LockstepTraining

/// A file of trained weights, with what they are of.
struct TrainedWeights: ParsableArguments {
    @Argument(help: ArgumentHelp("The weights, or a checkpoint.", valueName: "file"))
    var weights: String
    @Option(help: JobCatalog.help("The model. (default: the one that the file names)"))
    var model: String?
    @Option(help: JobCatalog.help("The data. (default: those that the file names)"))
    var data: String?

    /// Reads the file.
    func file() throws -> Safetensors { try Safetensors(contentsOf: weights) }

    /// The settings of the run that wrote the file, with what the user gave instead.
    ///
    /// Where the data are is looked for, and an error where that cannot be found, unless `needsData` is false.
    func settings(for file: Safetensors, loss: String? = nil, needsData: Bool = true) throws -> RunSettings {
        if var settings = try Checkpoint.settings(in: file, from: weights) {
            if let data {
                settings.data = data
            } else if needsData, settings.data.hasSuffix(":") {
                settings.data = try place(ofDataIn: settings)
            }
            if let model { settings.model = model }
            if let loss { settings.loss = loss }
            return settings
        }
        guard model != nil || JobCatalog.current.own != nil else {
            throw TrainingError(
                .invalidSetting,
                "\(weights) does not say which model its weights are of; say so: --model \(ModelSpecification.forms)")
        }
        var job = try JobOptions.parse([])
        (job.subject.model, job.subject.data, job.subject.loss) = (model, data, loss)
        return try job.settings(workers: 1, initialWeights: nil, tell: { print($0) })
    }

    /// Where the run that wrote the file has its data, which the file itself does not say where workers took part: what the
    /// run's folder says, if the file is still in it.
    private func place(ofDataIn settings: RunSettings) throws -> String {
        let folder = weights.lastIndex(of: "/").map { String(weights[..<$0]) } ?? "."
        if let recorded = try? RunFolder.settings(of: folder), recorded.shared == settings { return recorded.data }
        throw TrainingError(
            .mismatch,
            "\(weights) does not say where the data of its run are; say so: --data \(DataSpecification.form(of: settings.data))"
        )
    }
}
