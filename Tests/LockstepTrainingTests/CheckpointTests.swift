import LockstepFormats
import LockstepNN
import LockstepOptim
import LockstepTensor
import LockstepTraining
import Testing

struct CheckpointTests {
    /// A trainer after three steps.
    private func trained(_ optimizer: OptimizerSettings? = nil) throws -> Trainer {
        let trainer = try TinyJob.trainer(TinyJob.settings(optimizer: optimizer))
        for _ in 0..<3 { try trainer.step() }
        return trainer
    }

    /// A checkpoint as it comes out of its file's bytes.
    private func reread(_ checkpoint: Checkpoint) throws -> Checkpoint {
        try Checkpoint(Safetensors(parsing: checkpoint.file.encoded()), from: "the file")
    }

    /// Checks that taking up `checkpoint` throws an error whose text contains each of `words`, and changes nothing.
    private func expectRefusal(
        of checkpoint: Checkpoint, by trainer: Trainer, words: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try trainer.checkpoint().file.encoded()
        let error = #expect(throws: TrainingError.self, sourceLocation: location) { try trainer.restore(checkpoint) }
        for word in words {
            #expect(error?.description.contains(word) == true, "\(error?.description ?? "")", sourceLocation: location)
        }
        #expect(try trainer.checkpoint().file.encoded() == before, sourceLocation: location)
    }

    @Test(
        "A trainer that takes up a checkpoint goes on with the same bits, for each optimizer",
        arguments: try TinyJob.optimizers())
    func continues(optimizer: OptimizerSettings) throws {
        let original = try trained(optimizer)
        let restored = try TinyJob.trainer(TinyJob.settings(optimizer: optimizer))
        try restored.restore(reread(original.checkpoint()))
        #expect(restored.completedSteps == 3)
        #expect(restored.digest == original.digest)
        for _ in 3..<6 {
            try original.step()
            try restored.step()
            #expect(restored.digest == original.digest)
        }
        #expect(try restored.checkpoint().file.encoded() == original.checkpoint().file.encoded())
    }

    @Test("A checkpoint taken before the first step is as good as any")
    func beforeFirstStep() throws {
        for optimizer in try TinyJob.optimizers() {
            let settings = try TinyJob.settings(optimizer: optimizer)
            let (original, restored) = (try TinyJob.trainer(settings), try TinyJob.trainer(settings))
            try restored.step()
            try restored.restore(reread(original.checkpoint()))
            try restored.step()
            try original.step()
            #expect(restored.digest == original.digest)
        }
    }

    @Test("A checkpoint says what it is of")
    func content() throws {
        let trainer = try trained()
        let checkpoint = try reread(trainer.checkpoint())
        #expect(checkpoint.step == 3)
        #expect(checkpoint.signature == trainer.signature)
        #expect(checkpoint.fingerprint == trainer.fingerprint)
        #expect(try checkpoint.settings() == trainer.settings)
        #expect(
            checkpoint.file.tensors.map(\.name) == [
                "0.weight", "0.bias", "2.weight", "2.bias", "lockstep.optimizer.momentum_buffer",
            ])
        #expect(checkpoint.file.tensor(named: "0.weight")?.shape == [5, 2])
    }

    @Test("The weights of a checkpoint are the model's alone, and their digest is the trainer's")
    func weights() throws {
        let trainer = try trained()
        let (file, digest) = try trainer.checkpoint().weights()
        #expect(digest == trainer.digest)
        #expect(file.tensors.map(\.name) == ["0.weight", "0.bias", "2.weight", "2.bias"])
        #expect(file.metadata["lockstep.sha256"] == digest)
        #expect(file.metadata["format"] == "pt")
        #expect(try Checkpoint.settings(in: file, from: "the weights") == trainer.settings)
        let other = try TinyJob.trainer()
        try other.load(weights: Safetensors(parsing: file.encoded()), from: "the weights")
        #expect(other.digest == digest)
        // They lack the optimizer's state, so nothing can be resumed from them.
        #expect(throws: TrainingError.self) { try Checkpoint(file, from: "the weights") }
    }

    @Test("Weights of another model are refused, and named")
    func otherWeights() throws {
        let trainer = try TinyJob.trainer()
        let before = trainer.digest
        let other = try TinyJob.trainer(job: TinyJob.job(hidden: 6)).checkpoint().weights().file
        let error = #expect(throws: TrainingError.self) { try trainer.load(weights: other, from: "final.safetensors") }
        #expect(
            error?.description
                == "final.safetensors: tensor '0.weight' is float32 [6, 2]; expected float32 [5, 2] for the model 'tiny'"
        )
        let foreign = Safetensors([("w", .float32(.zeros([2])))])
        let missing = #expect(throws: TrainingError.self) { try trainer.load(weights: foreign, from: "w.safetensors") }
        #expect(
            missing?.description == "w.safetensors has no tensor '0.weight', which the model 'tiny' has; it holds 'w'")
        #expect(trainer.digest == before)
    }

    @Test("No flipped byte goes unseen")
    func flippedBytes() throws {
        let trainer = try trained()
        let bytes = try trainer.checkpoint().file.encoded()
        let target = try TinyJob.trainer()
        let before = target.digest
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1
            do {
                let checkpoint = try Checkpoint(Safetensors(parsing: damaged), from: "the file")
                // The header has room for differences that mean nothing, such as the case of an escape; nothing else has.
                #expect(checkpoint.file.encoded() == bytes, "byte \(place) of \(bytes.count)")
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
        #expect(target.digest == before)
    }

    @Test("A checkpoint whose tensors are not what was written says that it is damaged")
    func damagedTensor() throws {
        var bytes = try trained().checkpoint().file.encoded()
        bytes[bytes.count - 1] ^= 0x80
        let error = #expect(throws: TrainingError.self) {
            try Checkpoint(Safetensors(parsing: bytes), from: "x.safetensors")
        }
        #expect(error?.description.hasPrefix("x.safetensors is damaged: the SHA-256 of its content is ") == true)
    }

    @Test(
        "A checkpoint that lacks an entry of its metadata is none, and the entry is named",
        arguments: ["step", "optimizer_step", "settings", "signature", "fingerprint", "content_sha256"])
    func missingKey(key: String) throws {
        var file = try trained().checkpoint().file
        file.metadata["lockstep.\(key)"] = nil
        let error = #expect(throws: TrainingError.self) { try Checkpoint(file, from: "x.safetensors") }
        #expect(error?.description == "x.safetensors is no checkpoint: its metadata lack 'lockstep.\(key)'")
    }

    @Test(
        "A position that is no number of steps is named", arguments: ["", "-1", "3.5", "three", "99999999999999999999"])
    func badPosition(text: String) throws {
        var file = try trained().checkpoint().file
        file.metadata["lockstep.step"] = text
        let error = #expect(throws: TrainingError.self) { try Checkpoint(file, from: "x.safetensors") }
        #expect(error?.description == "x.safetensors: 'lockstep.step' is '\(text)'; expected a number of steps")
    }

    @Test("A position that was changed is seen, because the digest is over the metadata too")
    func changedPosition() throws {
        var file = try trained().checkpoint().file
        file.metadata["lockstep.step"] = "2"
        let error = #expect(throws: TrainingError.self) { try Checkpoint(file, from: "x.safetensors") }
        #expect(error?.description.hasPrefix("x.safetensors is damaged") == true)
    }

    @Test("A checkpoint of another model, of other data or of a longer run is refused and changes nothing")
    func ofSomethingElse() throws {
        let checkpoint = try reread(trained().checkpoint())
        let trainer = try TinyJob.trainer(job: TinyJob.job(hidden: 6))
        try expectRefusal(
            of: checkpoint, by: trainer, words: "the file is of another model", "0.weight [5, 2]", "[6, 2]")
        let shifted = try TinyJob.trainer(job: TinyJob.job(shift: 1))
        try expectRefusal(
            of: checkpoint, by: shifted, words: "the file is of another data set", shifted.fingerprint,
            checkpoint.fingerprint)
        let short = try TinyJob.trainer(TinyJob.settings(batch: 23, epochs: 2))
        try expectRefusal(of: checkpoint, by: short, words: "after 3 steps", "only 2")
        let adam = try TinyJob.trainer(TinyJob.settings(optimizer: OptimizerSettings(name: "adam")))
        try expectRefusal(of: checkpoint, by: adam, words: "no tensor 'lockstep.optimizer.exp_avg'")
    }

    @Test("A tensor of another type or shape is refused with both, and changes nothing")
    func otherTensors() throws {
        let trainer = try TinyJob.trainer()
        func checkpoint(replacing name: String, by tensor: AnyTensor) throws -> Checkpoint {
            let original = try trained().checkpoint()
            let tensors = original.file.tensors.map { $0.name == name ? (name, tensor) : $0 }
            return try Checkpoint(tensors, metadata: original.file.metadata)
        }
        try expectRefusal(
            of: checkpoint(replacing: "2.bias", by: .float64(.zeros([3]))), by: trainer,
            words: "tensor '2.bias' is float64 [3]; expected float32 [3]")
        try expectRefusal(
            of: checkpoint(replacing: "2.bias", by: .float32(.zeros([4]))), by: trainer,
            words: "tensor '2.bias' is float32 [4]; expected float32 [3]")
        let state = "lockstep.optimizer.momentum_buffer"
        try expectRefusal(
            of: checkpoint(replacing: state, by: .float32(.zeros([4]))), by: trainer,
            words: "tensor '\(state)' is float32 [4]; expected float32 [33]")
    }
}
