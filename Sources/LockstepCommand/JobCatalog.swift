internal import ArgumentParser
internal import LockstepData
internal import LockstepTraining

/// What this program can train: the jobs that come with the package, or the one of a user's own program.
struct JobCatalog: Sendable {
    /// The catalog of this process. Set once, before the command line is read: argument parsers make the commands themselves,
    /// so there is no other way to hand them anything.
    @TaskLocal static var current = JobCatalog()

    /// The user's own job; nil for those that come with the package.
    var own: (any TrainableJob)?

    /// The model that is trained where none is named.
    static let defaultModel = "mlp:784-512-512-10"

    /// The help of an option that a program with a job of its own refuses, and so does not list.
    static func help(_ text: String) -> ArgumentHelp {
        ArgumentHelp(text, visibility: current.own == nil ? .default : .hidden)
    }

    /// Command lines as examples for help: with the name of this program, and without those that it would refuse.
    static func examples(_ lines: String...) -> String {
        let own = current.own != nil
        let shown = lines.filter { !own || !($0.contains("--model") || $0.contains("--data")) }
        return (["EXAMPLES"] + shown.map { "  \(Program.name) \($0)" }).joined(separator: "\n")
    }

    /// The specifications of model and data for a new run, from what the user gave; `tell` receives a line for the user.
    func specifications(
        model: String?, data: String?, loss: String?, tell: (String) -> Void
    ) throws -> (name: String, model: String, data: String) {
        if let own {
            for (option, value) in [("--model", model), ("--data", data), ("--loss", loss)] where value != nil {
                throw TrainingError(
                    .invalidSetting, "\(option) cannot be given: this program trains its own job, '\(own.name)'")
            }
            return (own.name, own.name, own.name)
        }
        let specification: DataSpecification
        if let data {
            specification = try DataSpecification(parsing: data)
        } else {
            specification = .automatic
            if specification == .synthetic {
                tell(
                    "Fashion-MNIST is not installed (apt-get install dataset-fashion-mnist); "
                        + "training on the built-in synthetic digits instead")
            }
        }
        let model = try ModelSpecification(parsing: model ?? JobCatalog.defaultModel)
        return (BuiltInJob(model: model, data: specification).name, model.description, specification.description)
    }

    /// The job of a run's settings. `data` is what the user of this process gave for data that are at another path on each host.
    func job(for settings: RunSettings, data: String?) throws -> any TrainableJob {
        if let own {
            guard settings.model == own.name else {
                throw TrainingError(
                    .mismatch, "this program trains '\(own.name)', but the run trains '\(settings.model)'")
            }
            return own
        }
        return BuiltInJob(
            model: try ModelSpecification(parsing: settings.model), kind: settings.data,
            loss: try settings.loss.map { try LossFunction(parsing: $0) }
        ) { try JobCatalog.data(of: settings, here: data) }
    }

    /// The data of a run, at their place on this host. A path that comes with a message is never used.
    private static func data(of settings: RunSettings, here: String?) throws -> DataSpecification {
        guard settings.data.hasSuffix(":") else { return try DataSpecification(parsing: here ?? settings.data) }
        let form = DataSpecification.form(of: settings.data)
        guard let here else {
            throw TrainingError(
                .mismatch,
                """
                the run trains on data of the form '\(form)'; say where this host keeps them: --data \(form). A coordinator that is \
                started with --data-from coordinator sends them to workers that have no copy
                """
            )
        }
        guard here.hasPrefix(settings.data) else {
            throw TrainingError(
                .mismatch, "the run trains on data of the form '\(form)', but --data is '\(here)'")
        }
        return try DataSpecification(parsing: here)
    }
}
