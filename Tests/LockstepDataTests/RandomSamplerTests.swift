import LockstepData
import LockstepTensor
import Testing

/// The orders of `torch.utils.data.RandomSampler(range(10), …)` of PyTorch 2.15.
@Suite struct RandomSamplerTests {
    @Test func theOrderAfterASeedIsPyTorchs() {
        manualSeed(43052)
        var sampler = RandomSampler(count: 10)
        #expect(sampler.order() == [7, 5, 2, 3, 6, 0, 1, 9, 8, 4])
    }

    @Test func aLoadersOrdersArePyTorchs() {
        manualSeed(43052)
        var sampler = RandomSampler(count: 10)
        #expect(sampler.order(forLoader: true) == [7, 1, 2, 4, 5, 8, 0, 6, 9, 3])
        #expect(sampler.order(forLoader: true) == [1, 9, 2, 6, 0, 8, 5, 4, 3, 7])
    }

    @Test func ordersOfAGeneratorFollowOneAnotherAsInPyTorch() {
        var sampler = RandomSampler(count: 10, generator: Generator(seed: 7))
        #expect(sampler.order() == [5, 0, 3, 4, 1, 7, 9, 6, 8, 2])
        #expect(sampler.order() == [3, 7, 6, 2, 9, 0, 5, 4, 1, 8])
    }

    @Test func samplesMayComeMoreThanOnce() {
        manualSeed(43052)
        var sampler = RandomSampler(count: 10, replacement: true, sampleCount: 70)
        let order = sampler.order()
        #expect(order.count == 70)
        #expect(
            order.prefix(40) == [
                7, 9, 6, 5, 8, 2, 1, 0, 0, 9, 7, 1, 5, 2, 9, 0, 6, 7, 7, 2, 1, 9, 2, 0, 6, 2, 9, 9, 6, 4, 9, 0, 1, 3, 6,
                5, 8,
                7, 4, 3,
            ])
    }

    @Test func anOrderLongerThanTheDataGoesRoundAgain() {
        var sampler = RandomSampler(count: 4, sampleCount: 10, generator: Generator(seed: 1))
        let order = sampler.order()
        #expect(order.count == 10)
        #expect(order.prefix(4).sorted() == [0, 1, 2, 3] && order[4..<8].sorted() == [0, 1, 2, 3])
        #expect(Set(order.suffix(2)).count == 2)
    }

    @Test func noSamplesStop() async {
        await #expect(processExitsWith: .failure) { _ = RandomSampler(count: 0) }
    }
}
