import Glibc
import LockstepFormats
import LockstepTraining
import Testing

struct RunFolderTests {
    /// A checkpoint after `step` steps.
    private func checkpoint(_ step: Int, _ settings: RunSettings) throws -> Safetensors {
        let trainer = try TinyJob.trainer(settings)
        for _ in 0..<step { try trainer.step() }
        return try trainer.checkpoint().file
    }

    @Test("A new run's folder is named by time and name, and holds its settings")
    func create() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings()
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        let name = folder.path.dropFirst(parent.path.count + 1)
        #expect(name.wholeMatch(of: /[0-9]{8}-[0-9]{6}-tiny/) != nil)
        #expect(TemporaryFolder.names(in: folder.path) == ["settings.json"])
        let text = String(decoding: try File.read(folder.settingsPath), as: UTF8.self)
        #expect(try RunSettings(json: text, from: "a test") == settings)
    }

    @Test("Runs that begin in the same second get folders of their own")
    func sameSecond() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings()
        let folders = try (0..<5).map { _ in try RunFolder.create(in: parent.path, settings: settings) }
        #expect(Set(folders.map(\.path)).count == 5)
    }

    @Test("A name with characters that mean something in a path makes a folder below the given one")
    func unsafeName() throws {
        let parent = TemporaryFolder()
        var settings = try TinyJob.settings()
        settings.name = "../a b/c\n"
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        #expect(folder.path.hasSuffix("-..-a-b-c-"))
        #expect(TemporaryFolder.names(in: parent.path).count == 1)
    }

    @Test("A place where no folder can be made is named, with the option that names another")
    func noPlace() throws {
        let settings = try TinyJob.settings()
        let error = #expect(throws: TrainingError.self) {
            try RunFolder.create(in: "/proc/nothing/here", settings: settings)
        }
        #expect(error?.description.contains("/proc/nothing/here") == true)
        #expect(error?.description.contains("--runs FOLDER") == true)
    }

    @Test("A run can be opened by one at a time; whoever lets go of it lets the next one in")
    func lock() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings()
        var first: RunFolder? = try RunFolder.create(in: parent.path, settings: settings)
        let path = try #require(first?.path)
        for _ in 0..<2 {
            let error = #expect(throws: TrainingError.self) { try RunFolder.open(path) }
            #expect(error?.description == "\(path) is in use by another process that trains it")
        }
        first = nil
        let (folder, found) = try RunFolder.open(path)
        #expect(found == settings)
        #expect(throws: TrainingError.self) { try RunFolder.open(path) }
        #expect(folder.path == path)
    }

    @Test("A folder that is none of a run's is named")
    func notARun() throws {
        let parent = TemporaryFolder()
        let error = #expect(throws: TrainingError.self) { try RunFolder.open(parent.path) }
        #expect(error?.description.hasPrefix("\(parent.path) is not the folder of a run: ") == true)
        try AtomicFile.write(Array("{}".utf8), to: "\(parent.path)/settings.json")
        let other = #expect(throws: TrainingError.self) { try RunFolder.open(parent.path) }
        #expect(other?.description.contains("settings.json does not hold the settings of a run") == true)
    }

    @Test("The newest two checkpoints are kept")
    func kept() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings(checkpointEvery: 1)
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        #expect(folder.resumeAdvice() == "")
        _ = try MetricsFile(path: folder.metricsPath, keepingSteps: 0)
        #expect(folder.resumeAdvice() == ". No checkpoint had been written yet")
        #expect(try folder.newestCheckpoint(of: settings, tell: { _ in }) == nil)
        var expected: [Int] = []
        for step in [1, 2, 3, 4] {
            let path = try folder.write(checkpoint: checkpoint(step, settings), step: step)
            #expect(path == "\(folder.path)/checkpoint-0000000\(step).safetensors")
            expected = (expected + [step]).suffix(2)
            #expect(try folder.checkpointSteps() == expected)
            #expect(try folder.newestCheckpoint(of: settings, tell: { _ in })?.step == step)
        }
        #expect(
            TemporaryFolder.names(in: folder.path) == [
                "checkpoint-00000003.safetensors", "checkpoint-00000004.safetensors", "metrics.jsonl", "settings.json",
            ])
        #expect(folder.checkpointPath(step: 1_234_567_890) == "\(folder.path)/checkpoint-1234567890.safetensors")
        #expect(
            folder.resumeAdvice()
                == ". The last checkpoint is \(folder.checkpointPath(step: 4)); resume with: \(Program.name) train --resume \(folder.path)"
        )
    }

    @Test("Where the newest checkpoint cannot be read the one before it is used, and that is told")
    func newestUnreadable() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings()
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        _ = try folder.write(checkpoint: checkpoint(2, settings), step: 2)
        let newest = try checkpoint(3, settings).encoded()
        for damaged in [
            [], Array(newest.dropLast()), Array("{}".utf8), newest.dropLast() + [newest[newest.count - 1] ^ 1],
        ] {
            try AtomicFile.write(damaged, to: folder.checkpointPath(step: 3))
            var told: [String] = []
            #expect(try folder.newestCheckpoint(of: settings, tell: { told.append($0) })?.step == 2)
            #expect(told.count == 1)
            #expect(told.first?.contains("checkpoint-00000003.safetensors") == true)
            #expect(told.first?.hasSuffix("; the checkpoint before it is tried") == true)
        }
    }

    @Test("Where no checkpoint can be read that is an error, and none is begun anew in silence")
    func allUnreadable() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings()
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        for step in [2, 3] { try AtomicFile.write([1, 2, 3], to: folder.checkpointPath(step: step)) }
        var told: [String] = []
        let error = #expect(throws: TrainingError.self) {
            try folder.newestCheckpoint(of: settings, tell: { told.append($0) })
        }
        #expect(error?.description.hasPrefix("none of the 2 checkpoints in \(folder.path) can be used") == true)
        #expect(error?.description.contains("checkpoint-00000002.safetensors") == true)
        #expect(told.count == 1)
    }

    @Test("A checkpoint from a worker, who does not know where this host keeps its data, is as good as any")
    func checkpointOfAWorker() throws {
        let parent = TemporaryFolder()
        var settings = try TinyJob.settings()
        settings.data = "idx:/home/me/mnist"
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        _ = try folder.write(checkpoint: checkpoint(2, settings.shared), step: 2)
        #expect(try folder.newestCheckpoint(of: settings, tell: { _ in })?.step == 2)
        settings.data = "fashion-mnist"
        #expect(throws: TrainingError.self) { try folder.newestCheckpoint(of: settings, tell: { _ in }) }
    }

    @Test("A checkpoint that was written with other settings than the run's is not used, and the difference is told")
    func otherSettings() throws {
        let parent = TemporaryFolder()
        let settings = try TinyJob.settings()
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        _ = try folder.write(checkpoint: checkpoint(2, TinyJob.settings(batch: 16)), step: 2)
        let error = #expect(throws: TrainingError.self) { try folder.newestCheckpoint(of: settings, tell: { _ in }) }
        #expect(error?.description.contains("batch: 16 here, 8 there") == true)
    }
}
