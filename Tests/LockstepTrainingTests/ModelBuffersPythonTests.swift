import LockstepData
import LockstepFormats
import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

/// With one microbatch a job that keeps running statistics does what PyTorch does in one process.
///
/// After each of twenty steps, weights and statistics may differ by 1e-5 of the largest number of their tensor: sums are added in
/// another order, and a statistic's change is rounded on its own.
@Suite(.enabled(if: Python.isNamed, "set LOCKSTEP_PYTHON to a Python that has PyTorch and safetensors"))
struct ModelBuffersPythonTests {
    @Test(arguments: [0.1, nil] as [Double?]) func stepsAreThoseOfPyTorch(momentum: Double?) async throws {
        let folder = TemporaryFolder()
        let settings = try TinyJob.settings(batch: 12, microbatches: 1, epochs: 10)
        let data = try TinyJob.points(23, seed: 1)
        let job = TrainingJob.classification(
            name: "normalized",
            model: { Sequential(Linear(2, 5), BatchNorm1d(5, momentum: momentum), ReLU(), Linear(5, 3)) },
            data: { (try TinyJob.points(23, seed: 1), nil) })
        let trainer = try TinyJob.trainer(settings, job: job)
        #expect(trainer.schedule.steps == 20)

        try trainer.checkpoint().weights().file.write(to: "\(folder.path)/start.safetensors")
        var batches: [(name: String, tensor: AnyTensor)] = []
        let sampler = ShuffledSampler(count: 23, seed: settings.seed)
        for step in 0..<20 {
            let order = sampler.permutation(epoch: trainer.schedule.epoch(of: step))
            let batch = try data.batch(at: order[trainer.schedule.places(ofMicrobatch: 0, step: step)])
            batches += [("x.\(step)", .float32(batch.inputs)), ("y.\(step)", .int64(batch.targets))]
        }
        try Safetensors(batches).write(to: "\(folder.path)/batches.safetensors")
        _ = try await Python.run(ModelBuffersPythonTests.program, [folder.path, momentum.map { "\($0)" } ?? "None"])

        let expected = try Safetensors(contentsOf: "\(folder.path)/steps.safetensors")
        for step in 0..<20 {
            try trainer.step()
            let state = try trainer.checkpoint().weights().file.tensors
            #expect(state.count == expected.tensors.count / 20)
            for (name, tensor) in state {
                let theirs = try #require(expected.tensor(named: "\(step).\(name)"))
                #expect(tensor.dtype == theirs.dtype && tensor.shape == theirs.shape, "\(name)")
                let (mine, those) = (tensor.to(Double.self).scalars, theirs.to(Double.self).scalars)
                let difference = zip(mine, those).map { abs($0 - $1) }.max() ?? 0
                let size = those.map { abs($0) }.max() ?? 0
                #expect(difference <= 1e-5 * size, "\(name) after step \(step + 1): \(difference) of \(size)")
            }
        }
    }

    private static let program = """
        import sys, torch
        from safetensors.torch import load_file, save_file
        from torch import nn
        torch.set_num_threads(1)
        folder, momentum = sys.argv[1], eval(sys.argv[2])
        model = nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5, momentum=momentum), nn.ReLU(), nn.Linear(5, 3))
        model.load_state_dict(load_file(folder + "/start.safetensors"), strict=True)
        batches = load_file(folder + "/batches.safetensors")
        optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
        states = {}
        for step in range(20):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batches[f"x.{step}"]), batches[f"y.{step}"]).backward()
            optimizer.step()
            states.update({f"{step}.{name}": tensor.clone() for name, tensor in model.state_dict().items()})
        save_file(states, folder + "/steps.safetensors")
        """
}
