import LockstepFormats
import LockstepNN
import LockstepTensor
import TestSupport
import Testing

@Suite(.enabled(if: Python.isNamed, "set LOCKSTEP_PYTHON to a Python that has PyTorch and safetensors"))
struct StatePythonTests {
    @Test func pyTorchLoadsAStateStrictlyAndWeLoadIts() async throws {
        let folder = TemporaryFolder()
        let (ours, theirs) = ("\(folder.path)/ours.safetensors", "\(folder.path)/theirs.safetensors")
        func makeModel() -> Sequential { Sequential(Conv2d(1, 2, kernel: 3), BatchNorm2d(2), ReLU()) }
        let model = makeModel()
        for _ in 0..<3 { _ = model(.randn([2, 1, 5, 5])) }
        try Safetensors(model.stateDictionary()).write(to: ours)

        let program = """
            import sys, torch, safetensors.torch
            model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU())
            state = safetensors.torch.load_file(sys.argv[1])
            assert [tensor.dtype for tensor in state.values()].count(torch.int64) == 1
            print(model.load_state_dict(state, strict=True))
            assert model[1].num_batches_tracked.item() == 3
            model(torch.randn(2, 1, 5, 5))
            safetensors.torch.save_file(model.state_dict(), sys.argv[2])
            """
        let said = try await Python.run(program, [ours, theirs])
        #expect(said.contains("All keys matched"))

        let other = makeModel()
        try other.load(Safetensors(contentsOf: theirs).tensors)
        let norm = try #require(other.layers[1] as? BatchNorm2d)
        #expect(norm.batchesTracked?.value == Tensor(4))
        #expect(other.layers[0].parameters[0].value == model.layers[0].parameters[0].value)
    }
}
