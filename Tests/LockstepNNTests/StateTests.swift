import LockstepNN
import LockstepTensor
import Testing

private final class Net: Module {
    let blocks = ModuleList([Linear(1, 1, bias: false), Linear(1, 1, bias: false)])
    let heads: ModuleDict<Linear> = ["z": Linear(1, 1, bias: false), "a": Linear(1, 1, bias: false)]
    let norm = BatchNorm1d(2)
}

@Suite struct StateTests {
    @Test func listsAndDictionariesNameTheirModulesAndBuffersFollowParameters() {
        let net = Net()
        let parameters = [
            "blocks.0.weight", "blocks.1.weight", "heads.z.weight", "heads.a.weight", "norm.weight", "norm.bias",
        ]
        let buffers = ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
        #expect(net.namedParameters().map(\.name) == parameters)
        #expect(net.stateDictionary().map(\.name) == parameters + buffers)
        #expect(net.namedBuffers().map(\.name) == buffers)
        net.blocks.append(Linear(1, 1, bias: false))
        net.heads["a"] = nil
        #expect(net.blocks.count == 3 && net.heads.keys == ["z"])
        #expect(net.namedParameters().map(\.name).contains("blocks.2.weight"))
        #expect(!net.namedParameters().map(\.name).contains("heads.a.weight"))
    }

    @Test func runningStatisticsAreSavedAndLoaded() throws {
        let (net, other) = (BatchNorm1d(2), BatchNorm1d(2))
        _ = net(Tensor([1, 2, 3, 4, 5, 7], shape: [3, 2]))
        try other.load(net.stateDictionary())
        #expect(other.runningMean?.value == net.runningMean?.value)
        #expect(other.batchesTracked?.value.item() == 1)
        other.eval()
        net.eval()
        let input = Tensor<Float>.randn([4, 2])
        #expect(other(input) == net(input))
        #expect(throws: StateDictionaryError.self) {
            try other.load([("weight", .float32(.ones([2]))), ("bias", .float32(.ones([2])))])
        }
    }

    @Test func dropoutLetsEverythingThroughWhileEvaluating() {
        let layer = Dropout(0.5)
        let input = Tensor<Float>.ones([100])
        #expect(layer(input) != input)
        layer.eval()
        #expect(layer(input) == input)
    }

    @Test func anOptimizersBufferLeavesStatisticsOut() {
        let net = Net()
        #expect(net.flattened().count == 8)
        #expect(net.signature.contains("running_mean [2] float32"))
        #expect(net.signature.hasSuffix("num_batches_tracked [] int64"))
    }
}
