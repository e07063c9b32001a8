import LockstepTensor
import Testing

@Suite struct NetworkTests {
    @Test func aConvolutionSlidesItsFilterOverTheImage() {
        let image = Tensor<Float>([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 1, 3, 3])
        let filter = Tensor<Float>([1, 10, 100, 1000], shape: [1, 1, 2, 2])
        #expect(conv2d(image, filter).scalars == [5421, 6532, 8754, 9865])
        #expect(conv2d(image, filter, stride: 2, padding: 1).scalars == [1000, 3200, 7040, 9865])
        #expect(
            convTranspose2d(Tensor([1, 2], shape: [1, 1, 1, 2]), filter).scalars == [1, 12, 20, 100, 1200, 2000])
    }

    @Test func aSamplesConvolutionDoesNotDependOnItsBatch() {
        let images = Tensor<Float>.randn([3, 2, 9, 8])
        let filter = Tensor<Float>.randn([5, 2, 3, 3])
        let batch = conv2d(images, filter, padding: 1)
        for sample in 0..<3 { #expect(batch[sample] == conv2d(images[sample], filter, padding: 1)) }
    }

    @Test func nothingIsConvolvedPooledAndNormalizedToNothing() {
        let none = Tensor<Float>.zeros([0, 2, 4, 4]).requiringGrad()
        let weight = Tensor<Float>.ones([3, 2, 2, 2]).requiringGrad()
        let output = conv2d(none, weight)
        #expect(output.shape == [0, 3, 3, 3])
        output.sum().backward()
        #expect(weight.gradient == .zeros([3, 2, 2, 2]))
        #expect(maxPool2d(none, kernel: 2).shape == [0, 2, 2, 2])
        #expect(layerNorm(none, shape: [4]).shape == [0, 2, 4, 4])
        #expect(embedding(Tensor<Int64>.zeros([0]), weight.reshaped(to: [12, 2])).shape == [0, 2])
    }

    @Test func poolsTakeTheFirstOfEqualsAndPassNaNOn() {
        let image = Tensor<Float>([1, 3, 3, .nan, 0, 0, 0, 0], shape: [1, 2, 4])
        let (values, indices) = maxPool2dWithIndices(image, kernel: 2)
        #expect(values[0, 0, 0].item() == 3 && values[0, 0, 1].item().isNaN)
        #expect(indices.scalars == [1, 3])
        #expect(avgPool1d(Tensor<Float>([1, 2, 3, 4, 5], shape: [1, 5]), kernel: 2).scalars == [1.5, 3.5])
    }

    @Test func dropoutKeepsTheMeanAndDrawsOnlyWhereItMust() {
        manualSeed(7)
        let ones = Tensor<Float>.ones([10_000])
        let dropped = ones.dropout(0.25)
        #expect(Set(dropped.scalars) == [0, 1 / 0.75])
        #expect(abs(dropped.mean().item() - 1) < 0.02)
        manualSeed(7)
        #expect(ones.dropout(0) == ones)
        #expect(ones.dropout(1) == .zeros([10_000]))
        #expect(ones.dropout(0.25) == dropped)
        let x = ones.requiringGrad()
        manualSeed(7)
        x.dropout(0.25).sum().backward()
        #expect(x.gradient == dropped)
    }

    @Test func aLossOfIgnoredTargetsAloneIsNotANumber() {
        let logits = Tensor<Float>([1, 2], shape: [1, 2])
        #expect(crossEntropy(logits, targets: Tensor([-100])).item().isNaN)
        #expect(crossEntropy(logits, targets: Tensor([-100]), reduction: .sum).item() == 0)
    }

    @Test func probabilitiesOfZeroAndOneHaveFiniteLosses() {
        let certain = Tensor<Float>([0, 1, 0, 1])
        let losses = binaryCrossEntropy(certain, Tensor([0, 1, 1, 0]), reduction: .none)
        #expect(losses.scalars == [0, 0, 100, 100])
        let logits = binaryCrossEntropyWithLogits(
            Tensor<Float>([-1000, 1000, -1000, 1000]), Tensor([0, 1, 1, 0]), reduction: .none)
        #expect(logits.scalars == [0, 0, 1000, 1000])
    }

    @Test func oneHotMarksEachClass() {
        #expect(Tensor<Int64>([1, 0]).oneHot().scalars == [0, 1, 1, 0])
        #expect(Tensor<Int64>(2).oneHot(classes: 4).scalars == [0, 0, 1, 0])
    }

    static func ones(_ shape: Int...) -> Tensor<Float> { .ones(shape) }

    static let stops: [Stop] = [
        Stop("weight of size [3, 2, 2, 2], expected input[1, 4, 5, 5] to have 2 channels, but got 4 channels instead") {
            _ = conv2d(ones(1, 4, 5, 5), ones(3, 2, 2, 2))
        },
        Stop("Calculated padded input size per channel: (2 x 5). Kernel size: (3 x 3).") {
            _ = conv2d(ones(1, 1, 2, 5), ones(1, 1, 3, 3))
        },
        Stop("Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [5, 5]") {
            _ = conv2d(ones(5, 5), ones(1, 1, 3, 3))
        },
        Stop("expected bias to be 1-dimensional with 3 elements, but got bias of size [2] instead") {
            _ = conv2d(ones(1, 2, 5, 5), ones(3, 2, 2, 2), ones(2))
        },
        Stop("padding='same' is not supported for strided convolutions") {
            _ = conv2d(ones(1, 2, 5, 5), ones(3, 2, 2, 2), stride: 2, padding: .same)
        },
        Stop("output padding must be smaller than either stride or dilation") {
            _ = convTranspose2d(ones(1, 2, 5, 5), ones(2, 2, 2, 2), outputPadding: 1)
        },
        Stop("pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and dilation=1") {
            _ = maxPool2d(ones(1, 5, 5), kernel: 2, padding: 2)
        },
        Stop("Output size is too small") { _ = maxPool2d(ones(1, 2, 2), kernel: 3) },
        Stop("Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 3]") {
            _ = layerNorm(ones(2, 3), shape: [4])
        },
        Stop("Expected number of channels in input to be divisible by num_groups") {
            _ = groupNorm(ones(2, 3), groups: 2)
        },
        Stop("Expected more than 1 value per channel when training, got input size [1, 3]") {
            _ = batchNorm(ones(1, 3))
        },
        Stop("running_mean should contain 3 elements not 2") {
            _ = batchNorm(ones(2, 3), mean: ones(2), variance: ones(3))
        },
        Stop("index out of range in self") { _ = embedding(Tensor([3]), ones(3, 2)) },
        Stop("Class values must be smaller than num_classes.") { _ = Tensor<Int64>([3]).oneHot(classes: 3) },
        Stop("Padding length must be divisible by 2") { _ = ones(3).padded([1]) },
        Stop("Target size ([2]) must be the same as input size ([3])") {
            _ = binaryCrossEntropyWithLogits(ones(3), ones(2))
        },
        Stop("all elements of input should be between 0 and 1") { _ = binaryCrossEntropy(ones(1) * 2, ones(1)) },
        Stop("Expected target size [2, 4], got [2, 5]") {
            _ = crossEntropy(ones(2, 3, 4), targets: .zeros([2, 5]))
        },
        Stop("weight tensor should be defined either for all 3 classes or no classes") {
            _ = nllLoss(ones(2, 3), targets: Tensor([0, 1]), weight: ones(2))
        },
        Stop("dropout probability has to be between 0 and 1, but got 1.5") { _ = ones(3).dropout(1.5) },
        Stop("Expected hidden size [2, 3], got [1, 3]") {
            _ = recurrence(
                .tanh, ones(4, 2, 2), hidden: ones(1, 3), inputWeight: ones(3, 2), hiddenWeight: ones(3, 3))
        },
    ]

    @Test(arguments: stops.indices) func stopsWithItsMessage(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [place] in
            NetworkTests.stops[place].run()
        }
        #expect(said(NetworkTests.stops[place].message, result), "\(NetworkTests.stops[place].message)")
    }
}
