import LockstepFormats
import LockstepNN
import LockstepOptim
import LockstepTensor
import LockstepTraining
import Testing

/// What is written is what was agreed on, bit by bit.
struct AgreedStateTests {
    /// A perceptron with running statistics and their counter.
    private static func normalized() -> some TrainableJob {
        TrainingJob.classification(
            name: "normalized", model: { Sequential(Linear(2, 5), BatchNorm1d(5), ReLU(), Linear(5, 3)) },
            data: { (try TinyJob.points(23, seed: 1), nil) })
    }

    private func trainer(_ optimizer: OptimizerSettings? = nil, steps: Int) throws -> Trainer {
        let trainer = try TinyJob.trainer(
            TinyJob.settings(batch: 12, optimizer: optimizer), job: AgreedStateTests.normalized())
        for _ in 0..<steps { try trainer.step() }
        return trainer
    }

    @Test(
        "The digest of an image is that of the trainer it is of, with buffers and all that each optimizer keeps",
        arguments: try TinyJob.optimizers() + [OptimizerSettings(name: "sgd", learningRate: 0.1)])
    func digest(optimizer: OptimizerSettings) throws {
        for steps in 0..<4 {
            let trainer = try trainer(optimizer, steps: steps)
            let image = try trainer.checkpoint().file.encoded()
            let read = try Checkpoint(Safetensors(parsing: image), from: "the image")
            #expect(read.stateDigest == trainer.stateDigest)
            _ = try AgreedState(image: image, digest: trainer.stateDigest, settings: trainer.settings)
            let restored = try self.trainer(optimizer, steps: 0)
            try restored.restore(read)
            #expect(restored.stateDigest == trainer.stateDigest)
            // Of another step it is another.
            let before = trainer.stateDigest
            try trainer.step()
            #expect(trainer.stateDigest != before)
        }
    }

    @Test("A bit that flips in any number before the SHA-256 is made changes the digest")
    func flippedBits() throws {
        let trainer = try trainer(steps: 2)
        let (file, digest) = (try trainer.checkpoint().file, trainer.stateDigest)
        var flips = 0
        for (index, (name, tensor)) in file.tensors.enumerated() {
            for place in 0..<tensor.shape.reduce(1, *) {
                for bit in [0, 12, 31] as [UInt32] {
                    var tensors = file.tensors
                    switch tensor {
                    case .float32(let values):
                        var bits = values.scalars.map(\.bitPattern)
                        bits[place] ^= 1 << bit
                        tensors[index].tensor = .float32(
                            Tensor(bits.map { Float(bitPattern: $0) }, shape: values.shape))
                    case .int64(let values):
                        var numbers = values.scalars
                        numbers[place] ^= 1 << Int64(bit)
                        tensors[index].tensor = .int64(Tensor(numbers, shape: values.shape))
                    default: Issue.record("\(tensor.dtype)")
                    }
                    let image = try Checkpoint(tensors, metadata: file.metadata).file.encoded()
                    let damage = #expect(throws: StateDamage.self) {
                        try AgreedState(image: image, digest: digest, settings: trainer.settings)
                    }
                    #expect(damage?.reason.contains("but \(digest) was agreed on") == true, "\(name) \(place)")
                    flips += 1
                }
            }
        }
        #expect(flips > 200)
    }

    @Test("Another step, model, data set or other settings are found, too, with a SHA-256 that fits")
    func metadata() throws {
        let trainer = try trainer(steps: 2)
        let (file, digest) = (try trainer.checkpoint().file, trainer.stateDigest)
        for (key, value) in [
            ("lockstep.step", "3"), ("lockstep.optimizer_step", "3"), ("lockstep.signature", "other"),
            ("lockstep.fingerprint", "other"), ("lockstep.settings", try TinyJob.settings(seed: 8).json()),
        ] {
            var metadata = file.metadata
            metadata[key] = value
            let image = try Checkpoint(file.tensors, metadata: metadata).file.encoded()
            #expect(throws: StateDamage.self, "\(key)") {
                try AgreedState(image: image, digest: digest, settings: trainer.settings)
            }
        }
        // A worker that was there before the run was resumed with --allow-non-finite has it otherwise, lawfully.
        var settings = trainer.settings
        settings.continuesWhenNotFinite = true
        _ = try AgreedState(image: file.encoded(), digest: digest, settings: settings)
    }

    @Test("A flipped byte anywhere in an image is found")
    func flippedBytes() throws {
        let trainer = try trainer(steps: 2)
        let (image, digest) = (try trainer.checkpoint().file.encoded(), trainer.stateDigest)
        for place in image.indices {
            var damaged = image
            damaged[place] ^= 1 << UInt8(place % 8)
            #expect(throws: StateDamage.self, "byte \(place)") {
                try AgreedState(image: damaged, digest: digest, settings: trainer.settings)
            }
        }
    }

    @Test("A single process makes a damaged image again; a third in a row ends the run, and nothing of it is on disk")
    func singleProcess() throws {
        let settings = try TinyJob.settings()
        let parent = TemporaryFolder()
        let (whole, wholeLog) = try TinyRun.begin(in: parent.path, settings)
        for damages in [1, 2, 3] {
            let folder = try RunFolder.create(in: parent.path, settings: settings)
            let trainer = try TinyJob.trainer(settings)
            let log = EventLog()
            let recorder = try RunRecorder(
                folder: folder, settings: settings, schedule: trainer.schedule, completedSteps: 0, observer: log)
            var run = SingleProcessRun(trainer: trainer, recorder: recorder, stop: StopRequest())
            var left = damages
            run.encode = { checkpoint in
                var image = checkpoint.file.encoded()
                // Those of the last checkpoint.
                if checkpoint.step == 6, left > 0 {
                    left -= 1
                    image[image.count - 1] ^= 1
                }
                return image
            }
            if damages == 3 {
                let error = #expect(throws: TrainingError.self) { try run.run() }
                #expect(error?.code == .damaged)
                #expect(error?.description.contains("the state after 6 steps was damaged while it was copied") == true)
                #expect(error?.description.hasSuffix("It was so 3 times in a row") == true)
                #expect(try folder.checkpointSteps() == [3])
                #expect(!RunFolder.isComplete(folder.path))
            } else {
                #expect(try run.run())
                #expect(log.summary?.digest == wholeLog.summary?.digest)
                for name in ["checkpoint-00000006.safetensors", "final.safetensors"] {
                    #expect(try File.read("\(folder.path)/\(name)") == File.read("\(whole)/\(name)"))
                }
            }
            #expect(log.warnings.count == min(damages, 2))
            #expect(log.warnings.allSatisfy { $0.hasSuffix(" is at fault; it is copied again") }, "\(log.warnings)")
        }
    }
}
