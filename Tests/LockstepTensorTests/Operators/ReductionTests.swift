import LockstepTensor
import Testing

/// Sums, extrema, softmax and losses; figures are those of PyTorch 2.15.
@Suite struct ReductionTests {
    static let x = Tensor<Float>([1, 5, 3, 4, 2, 6], shape: [2, 3])

    @Test func sumsAndMeans() {
        let x = Self.x
        #expect(x.sum().item() == 21 && x.sum().shape == [])
        #expect(x.sum(axis: 0) == Tensor([5, 7, 9]))
        #expect(x.sum(axis: -1) == Tensor([9, 12]))
        #expect(x.sum(axis: 1, keepAxis: true) == Tensor([9, 12], shape: [2, 1]))
        #expect(x.t.sum(axis: 0) == Tensor([9, 12]))
        #expect(x.mean().item() == 3.5 && x.mean(axis: 1) == Tensor([3, 4]))
        #expect(Tensor<Float>.ones([2, 3, 4]).sum(axes: [0, 2]) == Tensor([8, 8, 8]))
        #expect(Tensor<Float>.ones([2, 3, 4]).sum(axes: [1, 0], keepAxis: true) == .full([1, 1, 4], 6))
        #expect(Tensor<Float>.ones([2, 3, 4]).mean(axes: [1, 2]) == .ones([2]))
        #expect(Tensor<Float>(4).sum(axis: 0).item() == 4)
    }

    @Test func emptySums() {
        #expect(Tensor<Float>.zeros([0]).sum().item() == 0)
        #expect(Tensor<Float>.zeros([0]).mean().item().isNaN)
        #expect(Tensor<Float>.zeros([2, 0]).sum(axis: 1) == Tensor([0, 0]))
        #expect(Tensor<Float>.zeros([2, 0]).sum(axis: 0).shape == [0])
        #expect(Tensor<Float>.zeros([0, 2]).sum(axis: 0) == Tensor([0, 0]))
    }

    @Test func longSumsStayPrecise() {
        let count = 3_000_000
        let ones = Tensor<Float>.full([count], 0.1)
        let exact = Float(Double(Float(0.1)) * Double(count))
        #expect(abs(ones.sum().item() - exact) / exact < 1e-6)
        let columns = ones.reshaped(to: [count / 2, 2]).sum(axis: 0)
        #expect(abs(columns[0].item() - exact / 2) / exact < 1e-5)
    }

    @Test func extrema() {
        let x = Self.x
        #expect(x.max().item() == 6 && x.min().item() == 1)
        #expect(x.max(axis: 1).values == Tensor([5, 6]) && x.max(axis: 1).indices == Tensor([1, 2]))
        #expect(x.min(axis: 0).values == Tensor([1, 2, 3]) && x.min(axis: 0).indices == Tensor([0, 1, 0]))
        #expect(x.max(axis: 1, keepAxis: true).values.shape == [2, 1])
        #expect(x.argmax().item() == 5 && x.argmin().item() == 0)
        #expect(x.argmax(axis: 0) == Tensor([1, 0, 1]) && x.argmin(axis: -1, keepAxis: true).shape == [2, 1])
        #expect(Tensor<Float>([1, 3, 3]).argmax(axis: 0).item() == 1, "the first of several")
        #expect(Tensor<Float>([1, .nan, 3]).max().item().isNaN)
        #expect(Tensor<Float>([1, .nan, 3, .nan]).argmin().item() == 1)
        #expect(Tensor<Float>(4).max(axis: -1).indices.item() == 0)
        #expect(Tensor<Float>.zeros([0, 2]).max(axis: 1).values.shape == [0])
    }

    @Test func tiesShareTheGradientOfAnExtremum() {
        let x = Tensor<Float>([2, 1, 2, 2], shape: [4], requiresGrad: true)
        (x.max() * 6).backward()
        #expect(x.gradient == Tensor([2, 0, 2, 2]))
    }

    @Test func softmax() {
        let x = Tensor<Float>([1, 2, 3, 1, 1, 1000], shape: [2, 3])
        #expect(
            x.softmax(axis: 1).isClose(to: Tensor([0.09003057, 0.24472848, 0.66524094, 0, 0, 1], shape: [2, 3])))
        #expect(x.softmax(axis: 0).isClose(to: Tensor([0.5, 0.7310586, 0, 0.5, 0.26894143, 1], shape: [2, 3])))
        #expect(
            x.logSoftmax(axis: -1).isClose(
                to: Tensor([-2.4076059, -1.4076059, -0.40760595, -999, -999, 0], shape: [2, 3])))
        let half = Tensor<Float>([-.infinity, 0, 0])
        #expect(half.softmax(axis: 0) == Tensor([0, 0.5, 0.5]))
        #expect(half.logSoftmax(axis: 0).isClose(to: Tensor([-.infinity, -0.6931472, -0.6931472])))
        #expect(Tensor<Float>([.nan, 0]).softmax(axis: 0).scalars.allSatisfy { $0.isNaN })
        #expect(Tensor<Float>(3).softmax(axis: 0).item() == 1)
        #expect(Tensor<Float>.zeros([2, 0]).softmax(axis: 1).shape == [2, 0])
    }

    @Test func crossEntropyLoss() {
        let logits = Tensor<Float>([2, 1, 0.1, 0.5, -1, 3, -2, 0, 2], shape: [3, 3], requiresGrad: true)
        let targets = Tensor<Int64>([0, 1, 2])
        let each = crossEntropy(logits, targets: targets, reduction: .none)
        #expect(each.isClose(to: Tensor([0.41702995, 4.0956745, 0.1429316]), tolerance: 1e-6))
        #expect(crossEntropy(logits, targets: targets, reduction: .sum).isClose(to: Tensor(4.6556358), tolerance: 1e-6))
        let mean = crossEntropy(logits, targets: targets)
        #expect(mean.isClose(to: Tensor(1.5518786), tolerance: 1e-6))
        mean.backward()
        let gradient = Tensor<Float>(
            [
                -0.11366628, 0.08081099, 0.0328553, 0.02486519, -0.32778516, 0.30291998, 0.00529208, 0.03910347,
                -0.04439555,
            ],
            shape: [3, 3])
        #expect(logits.gradient?.isClose(to: gradient, tolerance: 1e-6) == true)
        let single = crossEntropy(logits[1], targets: Tensor(1))
        #expect(single.shape == [] && single.item() == each[1].item())
    }

    @Test func crossEntropyIsStable() {
        let logits = Tensor<Float>([1000, 0, -1000, 1000], shape: [2, 2], requiresGrad: true)
        let losses = crossEntropy(logits, targets: Tensor([0, 0]), reduction: .none)
        #expect(losses == Tensor([0, 2000]))
        losses.sum().backward()
        #expect(logits.gradient == Tensor([0, 0, -1, 1], shape: [2, 2]))
    }

    @Test func meanSquaredError() {
        let (a, b) = (Tensor<Float>([1, 2, 3]), Tensor<Float>([1, 4, 0]))
        #expect(mseLoss(a, b, reduction: .none) == Tensor([0, 4, 9]))
        #expect(mseLoss(a, b, reduction: .sum).item() == 13)
        #expect(mseLoss(a, b).isClose(to: Tensor(13.0 / 3)))
    }
}
