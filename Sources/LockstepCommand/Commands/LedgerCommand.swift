internal import ArgumentParser
internal import LockstepTraining

/// `lockstep ledger`: whether each sample of each epoch was used exactly once.
struct LedgerCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "ledger",
            abstract: "Check that a run has used each sample of each epoch exactly once, and say who computed it.",
            discussion: """
                Reads ledger.jsonl of the run's folder, while the run goes on or afterwards: what each worker took, step after step, is \
                compared with the order that follows from the run's settings. Exits with 1 and names what is wrong where \
                anything is.


                """
                    + JobCatalog.examples(
                        "ledger runs/20261122-102355-mlp",
                        "ledger runs/20261122-102355-mlp --epoch 2 --samples    each sample with step and worker"))
    }

    /// As many problems are told one by one.
    private static let most = 20

    @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run-folder"))
    var folder: String
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only this epoch, from 1. All without it.", valueName: "number"))
    var epoch: Int?
    @Flag(help: "Print the index of each sample of the epoch, in the order of use, with its step and who computed it.")
    var samples = false
    @Flag(help: "Print JSON: one object, or one a line for each sample.")
    var json = false

    func validate() throws {
        if let epoch, epoch < 1 { throw ValidationError("--epoch is \(epoch); expected at least 1") }
        if samples, epoch == nil { throw ValidationError("--samples needs --epoch, which says of which epoch") }
    }

    func run() throws {
        let ledger = try Ledger(ofRun: folder)
        var audit = ledger.audit()
        if let epoch {
            guard audit.epochs.contains(where: { $0.epoch == epoch }) || !audit.problems.isEmpty else {
                throw TrainingError(
                    .invalidSetting,
                    "--epoch is \(epoch); the run in \(folder) has begun \(audit.epochs.count) epochs")
            }
            audit.epochs.removeAll { $0.epoch != epoch }
        }
        if samples, let epoch {
            for use in (try? ledger.uses(ofEpoch: epoch)) ?? [] {
                print(
                    json ? JSONText.encode(use) : "\(use.sample)\t\(use.step)\t\(use.rank)\t\(use.host)\t\(use.process)"
                )
            }
        } else if json {
            print(JSONText.encode(audit))
        } else {
            printTable(audit)
        }
        guard audit.problems.isEmpty else {
            for problem in audit.problems.prefix(LedgerCommand.most) { Terminal.complain(problem) }
            let rest = audit.problems.count - LedgerCommand.most
            if rest > 0 { Terminal.complain("… and \(rest) more") }
            throw ExitCode(1)
        }
    }

    private func printTable(_ audit: LedgerAudit) {
        let rows =
            [["epoch", "samples", "used once", "missing", "twice", "to come", "steps", "workers"]]
            + audit.epochs.map { row in
                [
                    row.epoch, row.samples, row.usedOnce, row.missing, row.usedTwice, row.toCome, row.steps,
                    row.workers,
                ].map { Wording.grouped($0) }
            }
        print(LedgerCommand.aligned(rows))
        let workers =
            [["worker", "host", "process", "samples"]]
            + audit.workers.map { ["\($0.rank)", $0.host, "\($0.process)", Wording.grouped($0.samples)] }
        print("\n" + LedgerCommand.aligned(workers))
        guard audit.problems.isEmpty else { return print("\nthe ledger is not in order") }
        let isOver = audit.epochs.allSatisfy { $0.toCome == 0 }
        print("\neach sample of each epoch\(isOver ? "" : " so far") was used exactly once")
    }

    /// Rows of a table, in columns.
    private static func aligned(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
