import Glibc
import LockstepFormats
import LockstepOptim
import LockstepTensor
import LockstepTraining
import Testing

struct SingleProcessRunTests {
    @Test("Steps, tests and checkpoints come in their order")
    func events() throws {
        let parent = TemporaryFolder()
        let (path, log) = try TinyRun.begin(in: parent.path, TinyJob.settings())
        let epochs = [3, 6].flatMap { end in
            (end - 2...end).map { "step \($0)" } + ["tested \(end)", "checkpoint \(end)"]
        }
        #expect(log.lines == ["started 0"] + epochs + ["finished 6"])
        #expect(
            TemporaryFolder.names(in: path) == [
                "checkpoint-00000003.safetensors", "checkpoint-00000006.safetensors", "final.safetensors",
                "ledger.jsonl", "metrics.jsonl", "settings.json",
            ])
        let summary = try #require(log.summary)
        #expect(summary.test?.step == 6)
        #expect(summary.samples == 46)
        let trainer = try TinyJob.trainer()
        try trainer.load(weights: Safetensors(contentsOf: summary.weights), from: summary.weights)
        #expect(trainer.digest == summary.digest)
        #expect(try trainer.evaluate().map { TestRecord($0, step: 6, epoch: 2) } == summary.test)
    }

    @Test("The loss told is the mean over the batch before the update")
    func losses() throws {
        let parent = TemporaryFolder()
        let (path, _) = try TinyRun.begin(in: parent.path, TinyJob.settings(epochs: 1))
        let trainer = try TinyJob.trainer(TinyJob.settings(epochs: 1))
        for (step, line) in try TinyRun.metrics(path).prefix(3).enumerated() {
            let sums = try trainer.sums(of: trainer.tree.root, step: step)
            let loss = trainer.tree.sum(sums.losses) / Double(trainer.schedule.samples(ofStep: step))
            #expect(line.contains("\"loss\":\(loss)"))
            #expect(line.contains("\"samples\":\(step < 2 ? 8 : 7)"))
            try trainer.step()
        }
    }

    @Test(
        "A run that was stopped after any step and resumed is the one that was never stopped",
        arguments: try TinyJob.optimizers())
    func stopAndResume(optimizer: OptimizerSettings) throws {
        for every in [nil, 2] {
            let settings = try TinyJob.settings(optimizer: optimizer, checkpointEvery: every)
            let parent = TemporaryFolder()
            let (whole, wholeLog) = try TinyRun.begin(in: parent.path, settings)
            for stop in 1..<6 {
                let (path, log) = try TinyRun.begin(in: parent.path, settings, stopAfter: stop)
                #expect(log.lines.suffix(2) == ["checkpoint \(stop)", "stopped \(stop)"])
                let resumed = try TinyRun.resume(path)
                #expect(resumed.lines.first == "started \(stop)")
                #expect(resumed.summary?.digest == wholeLog.summary?.digest, "stopped after \(stop)")
                #expect(resumed.summary?.test == wholeLog.summary?.test)
                #expect(try TinyRun.metrics(path) == TinyRun.metrics(whole), "stopped after \(stop)")
                #expect(try File.read("\(path)/final.safetensors") == File.read("\(whole)/final.safetensors"))
                // Of step, test and checkpoint none is told twice, and none is left out.
                let told = (log.lines.dropLast() + resumed.lines.dropFirst()).filter { $0 != "checkpoint \(stop)" }
                #expect(told == wholeLog.lines.filter { $0 != "checkpoint \(stop)" })
            }
        }
    }

    @Test("A run that is stopped again and again ends with the same bits")
    func stopAtEachStep() throws {
        let parent = TemporaryFolder()
        let (whole, log) = try TinyRun.begin(in: parent.path, TinyJob.settings())
        let (path, first) = try TinyRun.begin(in: parent.path, TinyJob.settings(), stopAfter: 1)
        var last = first
        for stop in 2...6 { last = try TinyRun.resume(path, stopAfter: stop) }
        #expect(last.summary?.digest == log.summary?.digest)
        #expect(try TinyRun.metrics(path) == TinyRun.metrics(whole))
    }

    @Test("A run that was killed after its newest checkpoint does the steps after it again")
    func killed() throws {
        let parent = TemporaryFolder()
        let (whole, log) = try TinyRun.begin(in: parent.path, TinyJob.settings())
        let (path, _) = try TinyRun.begin(in: parent.path, TinyJob.settings(), stopAfter: 5)
        // As if it had been killed, not stopped: what stopping wrote is gone, and the metrics know of steps 4 and 5.
        #expect(unlink("\(path)/checkpoint-00000005.safetensors") == 0)
        let resumed = try TinyRun.resume(path)
        #expect(resumed.lines.first == "started 3")
        #expect(resumed.summary?.digest == log.summary?.digest)
        #expect(try TinyRun.metrics(path) == TinyRun.metrics(whole))
    }

    @Test("A run that was killed before its first checkpoint begins anew")
    func killedAtOnce() throws {
        let parent = TemporaryFolder()
        let (whole, log) = try TinyRun.begin(in: parent.path, TinyJob.settings())
        let (path, _) = try TinyRun.begin(in: parent.path, TinyJob.settings(), stopAfter: 2)
        #expect(unlink("\(path)/checkpoint-00000002.safetensors") == 0)
        #expect(try TinyRun.resume(path).summary?.digest == log.summary?.digest)
        #expect(try TinyRun.metrics(path) == TinyRun.metrics(whole))
    }

    @Test("A run that ended between its last checkpoint and its final weights writes them when it is resumed")
    func beforeFinalWeights() throws {
        let parent = TemporaryFolder()
        let (path, log) = try TinyRun.begin(in: parent.path, TinyJob.settings())
        let weights = try File.read("\(path)/final.safetensors")
        #expect(unlink("\(path)/final.safetensors") == 0)
        let metrics = try TinyRun.metrics(path)
        let resumed = try TinyRun.resume(path)
        #expect(resumed.lines == ["started 6", "finished 6"])
        #expect(resumed.summary?.digest == log.summary?.digest)
        #expect(resumed.summary?.test == log.summary?.test)
        #expect(try File.read("\(path)/final.safetensors") == weights)
        #expect(try TinyRun.metrics(path) == metrics)
    }

    @Test("A request to stop after the last step leaves a run complete")
    func stopAtTheEnd() throws {
        let parent = TemporaryFolder()
        let (_, log) = try TinyRun.begin(in: parent.path, TinyJob.settings(), stopAfter: 6)
        #expect(log.lines.last == "finished 6")
    }

    /// Settings whose learning rate makes the loss overflow within a few steps.
    private func diverging(continues: Bool) throws -> RunSettings {
        try TinyJob.settings(
            epochs: 3, optimizer: OptimizerSettings(name: "sgd", learningRate: 1e30), checkpointEvery: 1,
            continuesWhenNotFinite: continues)
    }

    @Test("A loss that is not finite ends the run at its step, with the way to resume")
    func notFinite() throws {
        let parent = TemporaryFolder()
        let settings = try diverging(continues: false)
        let trainer = try TinyJob.trainer(settings)
        var bad = 0
        while try trainer.tree.sum(trainer.sums(of: trainer.tree.root, step: bad).losses).isFinite {
            try trainer.step()
            bad += 1
        }
        #expect(bad > 0)
        let error = #expect(throws: TrainingError.self) { try TinyRun.begin(in: parent.path, settings) }
        let text = error?.description ?? ""
        #expect(text.contains(" at step \(bad + 1) (epoch \(bad / 3 + 1))"), "\(text)")
        #expect(text.contains("--lr is 1e+30"))
        let name = try #require(TemporaryFolder.names(in: parent.path).first)
        #expect(text.hasSuffix("train --resume \(parent.path)/\(name) --allow-non-finite"), "\(text)")
        // The state that led to it is kept; one after it is not written.
        let checkpoints = TemporaryFolder.names(in: "\(parent.path)/\(name)").filter { $0.hasPrefix("checkpoint-") }
        #expect(checkpoints.last == "checkpoint-0000000\(bad).safetensors")
        #expect(try TinyRun.metrics("\(parent.path)/\(name)").count { $0.contains("\"kind\":\"step\"") } == bad + 1)
    }

    @Test("A run that was told to goes on with a loss that is not finite")
    func goesOn() throws {
        let parent = TemporaryFolder()
        let (path, log) = try TinyRun.begin(in: parent.path, diverging(continues: true))
        #expect(log.lines.last == "finished 9")
        #expect(try TinyRun.metrics(path).contains { $0.contains("\"loss\":\"NaN\"") })
    }

    @Test("Without test samples nothing is tested")
    func withoutTest() throws {
        let parent = TemporaryFolder()
        let (_, log) = try TinyRun.begin(in: parent.path, TinyJob.settings(), job: TinyJob.job(test: 0))
        #expect(!log.lines.contains { $0.hasPrefix("tested") })
        #expect(log.summary?.test == nil)
    }
}
