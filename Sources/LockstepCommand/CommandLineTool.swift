internal import ArgumentParser
internal import CLockstepSystem
internal import Glibc
internal import LockstepCluster
public import LockstepTraining

/// The `lockstep` command: coordinator, worker and single process in one program.
public enum CommandLineTool {
    /// Reads the command line, does what it says, and exits.
    public static func run() -> Never { run(JobCatalog()) }

    static func run(_ catalog: JobCatalog) -> Never {
        Terminal.writeLineByLine()
        JobCatalog.$current.withValue(catalog) {
            do {
                var command = try Root.parseAsRoot()
                try command.run()
            } catch {
                var message = Root.fullMessage(for: error)
                if let options = UnknownOption.list(for: error, message: message) { message += "\n" + options }
                let code = Root.exitCode(for: error).rawValue
                // What was asked for, as help is, is no error.
                if !message.isEmpty { code == 0 ? print(message) : Terminal.complain(message) }
                leave(code)
            }
        }
        leave(0)
    }

    /// Ends the process at once. Nothing is taken down before: other threads may still compute, and one that then meets a
    /// library that has been cleaned up crashes.
    static func leave(_ code: Int32) -> Never {
        fflush(nil)
        lockstep_check_leaks()
        _exit(code)
    }
}

extension TrainableJob {
    /// Makes this job's program a trainer: its command line takes `train`, `coordinator`, `worker` and `evaluate`, as the
    /// `lockstep` command does, and the same executable is single process, coordinator and worker.
    ///
    ///     swift run spirals train --workers 4
    public func main() -> Never { CommandLineTool.run(JobCatalog(own: self)) }
}

/// `lockstep` itself.
struct Root: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Program.name,
            abstract: "Trains neural networks data-parallel over any number of processes and hosts, on CPUs.",
            discussion: """
                The trained weights are the same bit for bit for any number of workers.


                """
                    + JobCatalog.examples(
                        "train                       on this host, one worker a core",
                        "train --single-process      in this process alone",
                        "train --resume runs/NAME    go on with a run that was stopped",
                        "keys new cluster",
                        "coordinator --bind tcp://10.0.0.1:5700 --workers 2 --keys cluster",
                        "worker --coordinator tcp://10.0.0.1:5700 --keys cluster/workers/all",
                        "evaluate runs/20261122-102355-mlp/final.safetensors",
                        "plot runs/20261122-102355-mlp"),
            version: Software.version,
            subcommands: [
                TrainCommand.self, CoordinatorCommand.self, WorkerCommand.self, EvaluateCommand.self, KeysCommand.self,
                PlotCommand.self, StatusCommand.self, LedgerCommand.self, StopCommand.self, BenchCommand.self,
            ] + (JobCatalog.current.own == nil ? [GenerateCommand.self] : []))
    }
}

/// What to print where somebody mistypes an option or a command: the valid ones.
enum UnknownOption {
    static func list(for error: any Error, message: String) -> String? {
        let commands = Root.configuration.subcommands
        let given = CommandLine.arguments.dropFirst().first
        let command = commands.first { $0._commandName == given } ?? Root.self
        if command == Root.self, message.contains("Unexpected argument") {
            return "Valid commands: " + commands.map { $0._commandName }.joined(separator: " ")
        }
        let help = (command == Root.self ? Root.helpMessage() : Root.helpMessage(for: command))
        let options = help.split(separator: "\n").compactMap { line -> Substring? in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            return line.hasPrefix("  -") ? words.first { $0.hasPrefix("--") } : nil
        }
        let list = "Valid options: " + options.joined(separator: " ")
        if message.contains("Unknown option") { return list }
        // Where an option that must be given is mistyped, what the parser names is the one that is missing.
        guard message.contains("Missing expected argument") else { return nil }
        let names = CommandLine.arguments.filter { $0.hasPrefix("--") }.compactMap { $0.split(separator: "=").first }
        let unknown = names.first { !options.contains($0) }
        return unknown.map { "Unknown option '\($0)'\n\(list)" }
    }
}
