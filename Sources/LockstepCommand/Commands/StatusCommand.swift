internal import ArgumentParser
internal import LockstepTraining

/// `lockstep status`: how far a run is, and what its workers do.
struct StatusCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status",
            abstract: "Say how far a run is and what its workers do, while it goes on or afterwards.",
            discussion: """
                Reads the run's folder, so it needs no connection and nobody's permission but the file system's. What workers do is \
                at most a second old.


                """ + JobCatalog.examples("status runs/20261122-102355-mlp"))
    }

    @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run-folder"))
    var folder: String

    func run() throws {
        let settings = try RunFolder.settings(of: folder)
        let coordinator = try RunFolder.coordinator(of: folder)
        let status = try RunFolder.status(of: folder)
        let (steps, tests) = (try? RunFolder.metrics(of: folder)) ?? ([], [])
        let isRunning = RunFolder.isInUse(folder)
        print("run         \(folder)")
        print("state       \(state(isRunning, coordinator, status))")
        if let last = steps.last {
            print("progress    step \(Wording.grouped(last.step)), epoch \(last.epoch)/\(settings.epochs)")
            print(
                "loss        \(Wording.fixed(last.loss, 4)), \(Wording.grouped(Int(last.throughput.rounded()))) samples/s"
            )
        } else {
            print("progress    no step yet")
        }
        if let test = tests.last {
            print("test        \(Wording.test(test)), after step \(Wording.grouped(test.step))")
        }
        if let step = try RunFolder.checkpointSteps(in: folder).last {
            print("checkpoint  after step \(Wording.grouped(step))")
        }
        if let machine = try RunFolder.machine(of: folder) {
            let kinds = machine.machines.joined(separator: ", then ")
            print("computed    on \(kinds); \(machine.threads) thread a worker, \(machine.microbatches) microbatches")
        }
        guard isRunning, let status, !status.workers.isEmpty else { return }
        let place = status.allReduce == "star" ? ", summing at the coordinator (star)" : ""
        print("workers     \(status.workers.count), generation \(status.generation)\(place)")
        for worker in status.workers {
            let pace = worker.secondsPerMicrobatch.map { ", \(Wording.fixed($0 * 1000, 2)) ms each" } ?? ""
            let who = "host \(worker.host), process \(worker.process)"
            let share = worker.microbatches == 1 ? "1 microbatch" : "\(worker.microbatches) microbatches"
            print("  worker \(worker.rank) (\(who)): \(share)\(pace); \(worker.doing)")
        }
    }

    private func state(_ isRunning: Bool, _ coordinator: CoordinatorRecord?, _ status: RunStatus?) -> String {
        if isRunning {
            let who = coordinator.map { ", process \($0.process) on host \($0.host)" } ?? ""
            return (status?.phase ?? "training") + who
        }
        if RunFolder.isComplete(folder) { return "complete" }
        return "not running on this host; go on with: \(Program.resumeCommand(folder))"
    }
}

/// `lockstep stop`: ends a run in order.
struct StopCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "stop",
            abstract: "Stop a run after the step in flight, with a checkpoint to resume from.",
            discussion: """
                Does what Ctrl-C does where the run was started, on the same host and for the same user.


                """ + JobCatalog.examples("stop runs/20261122-102355-mlp"))
    }

    @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run-folder"))
    var folder: String
    @Option(
        parsing: .unconditional, help: ArgumentHelp("How long to wait for the run to end.", valueName: "seconds"))
    var wait = 60.0

    func validate() throws { try Waiting.check(wait) }

    func run() throws {
        _ = try RunFolder.settings(of: folder)
        guard RunFolder.isInUse(folder), let coordinator = try RunFolder.coordinator(of: folder) else {
            throw TrainingError(
                .invalidRun,
                "\(folder) is not being trained by a process of this host"
                    + ((try? RunFolder.coordinator(of: folder))?.map { "; its last one was on host \($0.host)" } ?? ""))
        }
        let process = RunningProcess(coordinator.process)
        guard try process.stop(within: .seconds(wait), until: { !RunFolder.isInUse(folder) }) else {
            throw TrainingError(
                .invalidRun,
                "process \(coordinator.process), which trains \(folder), has not ended within \(wait) s; "
                    + "it may be in a long step"
            )
        }
        print("stopped     \(folder)")
    }
}
